/** Finds the modules of this installation: every folder under modules/ that has an index. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Module } from '../kernel/define-module.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'modules');

/** All modules, by name in alphabetical order. Throws when a folder's module does not carry the folder's name. */
export async function loadModules(folder: string = FOLDER): Promise<readonly Module[]> {
  const names = (await readdir(folder, { withFileTypes: true })).filter((it) => it.isDirectory()).map((it) => it.name);
  const found = names.sort().flatMap((name) => {
    const file = ['index.ts', 'index.js'].map((it) => join(folder, name, it)).find((it) => existsSync(it));
    return file === undefined ? [] : [{ name, file }];
  });
  return Promise.all(
    found.map(async ({ name, file }) => {
      const { default: module } = (await import(pathToFileURL(file).href)) as { default: Module };
      if (module?.name !== name) throw new Error(`modules/${name} declares a module named ${module?.name}`);
      return module;
    }),
  );
}
