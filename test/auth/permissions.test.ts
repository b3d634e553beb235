/** Roles and what they may do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_GRANTS, Permissions } from '../../src/auth/permissions.ts';

const permissions = new Permissions('example.net', {
  admins: ['nurse@example.net', 'friar@example.org'],
  grants: { ...DEFAULT_GRANTS, user: ['rooms.create', 'files.*'], guest: ['rooms.join'] },
});

test('the role follows from the address, and an anonymous user is a guest whatever the address', () => {
  assert.equal(permissions.roleOf('nurse@example.net'), 'admin');
  assert.equal(permissions.roleOf('friar@example.org'), 'admin');
  assert.equal(permissions.roleOf('romeo@example.net'), 'user');
  assert.equal(permissions.roleOf('romeo@example.org'), 'remote');
  assert.equal(permissions.roleOf('example.org'), 'remote');
  assert.equal(permissions.roleOf('nurse@example.net', true), 'guest');
  assert.ok(permissions.isAdmin('nurse@example.net'));
  assert.ok(!permissions.isAdmin('romeo@example.net'));
});

test('an administrator may do everything, others what is granted to their role and nothing else', () => {
  assert.ok(permissions.may('admin', 'anything.at.all'));
  assert.ok(permissions.may('user', 'rooms.create'));
  assert.ok(!permissions.may('user', 'rooms.destroy'));
  assert.ok(!permissions.may('user', 'rooms'));
  assert.ok(permissions.may('guest', 'rooms.join'));
  assert.ok(!permissions.may('remote', 'rooms.join'));
});

test('a grant with a star covers what begins like it, at a dot', () => {
  assert.ok(permissions.may('user', 'files.upload'));
  assert.ok(permissions.may('user', 'files.upload.large'));
  assert.ok(!permissions.may('user', 'filesystem.read'));
  assert.ok(!permissions.may('user', 'files'));
});

test('without grants nobody but an administrator may do anything', () => {
  const closed = new Permissions('example.net', { admins: [], grants: DEFAULT_GRANTS });
  assert.ok(!closed.may('user', 'rooms.create'));
  assert.ok(!closed.may('remote', 'rooms.create'));
});
