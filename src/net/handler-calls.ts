/** Calls what listens to a transport; a mistake in there costs that one connection, not the process. */
import type { TransportHandler } from '../kernel/transport.ts';
import { writeBatch } from './write-batch.ts';

export interface HandlerOwner {
  readonly handler: TransportHandler | undefined;
  /** The handler has thrown. */
  handlerFailed(error: unknown): void;
}

export function callData(owner: HandlerOwner, chunk: Buffer): void {
  try {
    owner.handler?.onData(chunk);
  } catch (error) {
    owner.handlerFailed(error);
  }
  writeBatch.checkpoint();
}

export function callDrain(owner: HandlerOwner): void {
  try {
    owner.handler?.onDrain();
  } catch (error) {
    owner.handlerFailed(error);
  }
}

export function callSecure(owner: HandlerOwner): void {
  try {
    owner.handler?.onSecure();
  } catch (error) {
    owner.handlerFailed(error);
  }
}

export function callClose(owner: HandlerOwner, reason: string): void {
  try {
    owner.handler?.onClose(reason);
  } catch (error) {
    owner.handlerFailed(error);
  }
}
