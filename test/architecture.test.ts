/** The shape of the house, as a test: imports point down, modules never meet, no file is too long, no dependency sneaks in. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { suite, test } from 'node:test';

const BASE = ['util', 'xml', 'jid', 'xmpp', 'kernel'];
/** Each folder of src, and the folders that it may import besides itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  util: [],
  xml: ['util'],
  jid: ['util'],
  xmpp: ['util', 'xml', 'jid'],
  kernel: ['util', 'xml', 'jid', 'xmpp'],
  contracts: BASE,
  storage: ['util', 'kernel'],
  telemetry: ['util', 'kernel'],
  net: ['util', 'xml', 'kernel'],
  auth: [...BASE, 'contracts'],
  session: [...BASE, 'contracts'],
  router: [...BASE, 'contracts', 'session'],
  stream: [...BASE, 'contracts', 'session', 'router', 'auth'],
  server: [...BASE, 'contracts', 'session', 'router', 'auth', 'stream', 'storage', 'telemetry', 'net'],
  cli: ['util', 'kernel', 'server', 'jid'],
};
const MAX_LINES = 400;
const ROOT = join(import.meta.dirname, '..');

/** What is wrong with the tree under `root`, a line each. */
function violations(root: string): string[] {
  const files = ['src', 'modules'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${top}/${file}`),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const lines = text.split('\n').length - 1;
    return [
      ...(lines > MAX_LINES ? [`${file} has ${lines} lines`] : []),
      ...imports(file, text).flatMap((name) => (allowed(file, name) ? [] : [`${file} may not import ${name}`])),
    ];
  });
}

/** What a file imports: packages by name, files by their path from the root. */
function imports(file: string, text: string): string[] {
  const found = [
    ...text.matchAll(/^\s*(?:import|export)\b[^'";]*?from\s+'([^']+)'/gm),
    ...text.matchAll(/^\s*import\s+'([^']+)'/gm),
    ...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g),
  ].map((match) => match[1] as string);
  return found.map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

function allowed(file: string, name: string): boolean {
  if (file.startsWith('modules/')) {
    const own = file.split('/').slice(0, 2).join('/');
    return name === '#api' || name.startsWith('node:') || name.startsWith(`${own}/`);
  }
  if (name.startsWith('modules/')) return false;
  if (!name.startsWith('src/')) return name !== '#api';
  if (file === 'src/api.ts')
    return ['util', 'xml', 'jid', 'xmpp', 'kernel', 'contracts'].includes(name.split('/')[1] as string);
  const from = file.split('/')[1] as string;
  const to = name.split('/')[1] as string;
  return from === to || (LAYERS[from]?.includes(to) ?? false);
}

suite('architecture', () => {
  test('imports point down, modules import the api and themselves, files are at most 400 lines', () => {
    assert.deepEqual(violations(ROOT), []);
  });

  test('a planted upward import, module-to-module import and long file are found', () => {
    const root = mkdtempSync(join(tmpdir(), 'parley-tree-'));
    for (const folder of ['src/util', 'src/server', 'modules/one', 'modules/two'])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'src/util/low.ts'), `import { startServer } from '../server/server.ts';\n`);
    writeFileSync(join(root, 'src/server/server.ts'), '\n'.repeat(401));
    writeFileSync(
      join(root, 'modules/one/index.ts'),
      `import {\n  a,\n} from '../two/index.ts';\nimport { z } from '#api';\n`,
    );
    writeFileSync(join(root, 'modules/two/index.ts'), `const it = await import('../../src/kernel/hook.ts');\n`);
    assert.deepEqual(violations(root).sort(), [
      'modules/one/index.ts may not import modules/two/index.ts',
      'modules/two/index.ts may not import src/kernel/hook.ts',
      'src/server/server.ts has 401 lines',
      'src/util/low.ts may not import src/server/server.ts',
    ]);
  });

  test('every source file begins with a comment that says what it is', () => {
    const bare = ['src', 'modules'].flatMap((top) =>
      readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !readFileSync(join(ROOT, top, file), 'utf8').startsWith('/**'))
        .map((file) => `${top}/${file}`),
    );
    assert.deepEqual(bare, []);
  });

  test('no dependency runs a script at install', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean; optional?: boolean; dev?: boolean }>;
    };
    const scripts = Object.entries(lock.packages)
      .filter(([, it]) => it.hasInstallScript === true)
      .map(([name]) => name);
    assert.deepEqual(scripts, []);
  });
});
