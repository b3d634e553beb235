/** Connections counted by address; addresses of one IPv6 network of 64 bits count as one. */
import { addressBlock } from '../util/networks.ts';

export class AddressCounter {
  readonly #counts = new Map<string, number>();

  count(address: string): number {
    return this.#counts.get(addressBlock(address)) ?? 0;
  }

  add(address: string): void {
    const block = addressBlock(address);
    this.#counts.set(block, (this.#counts.get(block) ?? 0) + 1);
  }

  delete(address: string): void {
    const block = addressBlock(address);
    const count = this.#counts.get(block) ?? 0;
    if (count > 1) this.#counts.set(block, count - 1);
    else this.#counts.delete(block);
  }
}
