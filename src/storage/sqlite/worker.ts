/** The database's thread: takes what has arrived, commits it at once, answers. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Committer } from './committer.ts';
import { refusalOf } from './errors.ts';
import type { Batch, FromWorker, ToWorker } from './protocol.ts';

/** More in one transaction gains nothing, and keeps the first caller waiting. */
const MAX_CALLS_PER_COMMIT = 2_048;

function serve(port: MessagePort, committer: Committer): void {
  port.on('message', (first: ToWorker) => {
    let next: ToWorker | undefined = first;
    while (next !== undefined && next !== 'close') {
      const batches = [next];
      next = drain(port, batches);
      answer(port, committer, batches);
    }
    if (next !== 'close') return;
    committer.close();
    port.close();
  });
}

/** Adds the batches that wait already; returns the message that did not fit, or that is none. */
function drain(port: MessagePort, batches: Batch[]): ToWorker | undefined {
  let calls = batches[0]?.calls.length ?? 0;
  for (;;) {
    const message = receiveMessageOnPort(port)?.message as ToWorker | undefined;
    if (message === undefined || message === 'close') return message;
    calls += message.calls.length;
    if (calls > 2 * MAX_CALLS_PER_COMMIT) return message;
    batches.push(message);
  }
}

function answer(port: MessagePort, committer: Committer, batches: readonly Batch[]): void {
  const started = performance.now();
  const outcomes = committer.commit(batches);
  post(port, { kind: 'committed', batches: batches.length, outcomes, ms: performance.now() - started });
}

function post(port: MessagePort, message: FromWorker): void {
  port.postMessage(message);
}

function start(port: MessagePort): void {
  try {
    const committer = new Committer((workerData as { readonly file: string }).file);
    serve(port, committer);
    post(port, { kind: 'ready' });
  } catch (error) {
    post(port, { kind: 'failed', message: refusalOf(error).message });
    port.close();
  }
}

if (parentPort !== null) start(parentPort);
