/** Asks the acceptor whether a new transport is taken, and reads nothing from it before the answer. */
import type { Acceptor, Transport } from '../kernel/transport.ts';
import { isPromise } from '../util/awaitable.ts';
import type { NetContext } from './net-context.ts';

/** A transport that waits for the answer. */
interface OfferedTransport extends Transport {
  /** Begins to read. */
  open(): void;
}

/** Opens the transport if the acceptor takes it, now or later; otherwise it is destroyed. */
export function offer(net: NetContext, accept: Acceptor, transport: OfferedTransport): void {
  const settle = (accepted: boolean): void => {
    if (accepted) transport.open();
    else transport.destroy();
  };
  const fail = (error: unknown): void => {
    net.log.error({ err: error }, 'accepting a connection failed');
    transport.destroy();
  };
  try {
    const accepted = accept(transport);
    if (isPromise(accepted)) accepted.then(settle).catch(fail);
    else settle(accepted);
  } catch (error) {
    fail(error);
  }
}
