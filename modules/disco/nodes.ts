/** Nodes of the host and of accounts (XEP-0030 sections 3.2 and 4.2): whoever knows one answers for it. */
import {
  type Element,
  type Hooks,
  type IqContext,
  nodeInfo,
  nodeItems,
  refusals,
  StanzaError,
  writeDiscoInfo,
  writeDiscoItems,
} from '#api';

export class Nodes {
  readonly #hooks: Hooks;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  async info({ from, to, isAdmin }: IqContext, node: string): Promise<Element | StanzaError> {
    const found = (await this.#hooks.run(nodeInfo, { from, to, isAdmin, node })) ?? refusals.itemNotFound;
    return found instanceof StanzaError ? found : writeDiscoInfo(found, node);
  }

  async items({ from, to, isAdmin }: IqContext, node: string): Promise<Element | StanzaError> {
    const found = (await this.#hooks.run(nodeItems, { from, to, isAdmin, node })) ?? refusals.itemNotFound;
    return found instanceof StanzaError ? found : writeDiscoItems(found, node);
  }
}

/** A node has a name (section 4.2): an empty one is none. */
export function nodeOf({ payload }: IqContext): string | undefined {
  return payload.attr('node') || undefined;
}
