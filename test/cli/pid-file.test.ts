/** `parley.pid`: one server a data directory, whatever an earlier one left behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { pidFilePath, runningServer, takePidFile } from '../../src/cli/pid-file.ts';
import { temporaryFolder } from './support.ts';

test('the file holds the process id until it is released, and nothing else is left', () => {
  const data = temporaryFolder();
  const release = takePidFile(data);
  assert.equal(readFileSync(pidFilePath(data), 'utf8'), `${process.pid}\n`);
  assert.deepEqual(readdirSync(data), ['parley.pid']);
  release();
  assert.equal(existsSync(pidFilePath(data)), false);
});

test('the file of a process that is gone is replaced', async () => {
  const data = temporaryFolder();
  const child = spawn(process.execPath, ['-e', '0']);
  await new Promise((resolve) => child.on('exit', resolve));
  writeFileSync(pidFilePath(data), `${child.pid}\n`);
  takePidFile(data);
  assert.equal(readFileSync(pidFilePath(data), 'utf8'), `${process.pid}\n`);
});

test('the file of another program that got the number is replaced', () => {
  const data = temporaryFolder();
  writeFileSync(pidFilePath(data), `${process.ppid}\n`);
  assert.equal(runningServer(data), undefined);
});

test('a server that lives is named, and its file stays', async () => {
  const data = temporaryFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', 'parley']);
  await new Promise((resolve) => child.on('spawn', resolve));
  writeFileSync(pidFilePath(data), `${child.pid}\n`);
  try {
    assert.throws(() => takePidFile(data), {
      message: `Parley is already running on ${data}, as process ${child.pid}; stop it, or use another --data`,
    });
  } finally {
    child.kill();
  }
});

test('a file with nonsense is replaced', () => {
  const data = temporaryFolder();
  writeFileSync(pidFilePath(data), 'nonsense');
  takePidFile(data);
  assert.equal(readFileSync(pidFilePath(data), 'utf8'), `${process.pid}\n`);
});
