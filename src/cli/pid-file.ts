/** The process id in the data directory: one server a directory. */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure } from './failure.ts';

export function pidFilePath(dataDir: string): string {
  return join(dataDir, 'parley.pid');
}

/** Writes the file; the returned function removes it. Throws when a server has it. */
export function takePidFile(dataDir: string): () => void {
  const file = pidFilePath(dataDir);
  for (let attempt = 0; ; attempt++) {
    if (create(file)) return () => rmSync(file, { force: true });
    if (attempt > 0) throw new Failure(`${file} cannot be replaced`);
    const other = runningServer(dataDir);
    if (other !== undefined) {
      throw new Failure(`Parley is already running on ${dataDir}, as process ${other}; stop it, or use another --data`);
    }
    // What a crash left behind.
    rmSync(file, { force: true });
  }
}

/** False when it exists. It appears with its content, so that nobody reads it half written. */
function create(file: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${process.pid}\n`, { mode: 0o644 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The process that serves this directory, as far as its file tells; undefined when it is gone. */
export function runningServer(dataDir: string): number | undefined {
  const pid = readPid(pidFilePath(dataDir));
  return pid !== undefined && pid !== process.pid && isServer(pid) ? pid : undefined;
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** After a reboot the number may belong to something else, which is told from the command line where that can be read. */
function isServer(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not allowed to signal it: it is there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.some((it) => basename(it) === 'parley');
  } catch {
    return true;
  }
}
