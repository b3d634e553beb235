/** What the host says of itself: identities, features and forms of all modules taken together. */
import {
  type Catalog,
  type DiscoInfo,
  type DiscoItem,
  type DiscoQuery,
  type Form,
  type FormField,
  type Hooks,
  type HostDisco,
  hostFeatures,
  hostForms,
  hostItems,
  type Identity,
  type Router,
} from '#api';
import type { DiscoOptions } from './options.ts';

interface HostDiscoParts {
  readonly options: DiscoOptions;
  readonly hooks: Hooks;
  readonly catalog: Catalog;
  readonly router: Router;
}

export class HostEntry implements HostDisco {
  readonly #parts: HostDiscoParts;

  constructor(parts: HostDiscoParts) {
    this.#parts = parts;
  }

  async info(query: DiscoQuery): Promise<DiscoInfo> {
    const { catalog, hooks, options } = this.#parts;
    const main: Identity = { category: 'server', type: 'im', name: options.name };
    // XEP-0030 section 3.1: several identities should have one name.
    const others = catalog.identities('host').map((it) => ({ ...it, name: it.name ?? options.name }));
    const features = [...catalog.features('host'), ...(await hooks.collect(hostFeatures, query))];
    return {
      identities: distinct([main, ...others], ({ category, type, lang }) => JSON.stringify([category, type, lang])),
      features: [...new Set(features)].sort(),
      forms: mergeForms(await hooks.collect(hostForms, query)),
    };
  }

  /** What modules name themselves comes before the bare domains of components. */
  async items(query: DiscoQuery): Promise<readonly DiscoItem[]> {
    const { hooks, options } = this.#parts;
    const hidden = new Set(options.hidden);
    const components: DiscoItem[] = this.#components(query.to.domain).map((jid) => ({ jid }));
    const named: DiscoItem[] = options.items.map(({ jid, name }) => (name === undefined ? { jid } : { jid, name }));
    const all = [...named, ...(await hooks.collect(hostItems, query)), ...components];
    return distinct(all, ({ jid, node }) => JSON.stringify([jid, node])).filter(({ jid }) => !hidden.has(jid));
  }

  /** Components are listed by the host that they lie below; those below none, by every host. */
  #components(host: string): string[] {
    const { router } = this.#parts;
    const hostOf = (domain: string): string | undefined => {
      for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
        const parent = domain.slice(dot + 1);
        if (router.isLocal(parent)) return parent;
      }
      return undefined;
    };
    return [...router.services()].filter((it) => (hostOf(it) ?? host) === host).sort();
  }
}

/** The first of each key, in the order of the list. */
function distinct<T>(list: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const found = new Map<string, T>();
  for (const item of list) {
    const key = keyOf(item);
    if (!found.has(key)) found.set(key, item);
  }
  return [...found.values()];
}

/** XEP-0115 section 5.4: two forms of one FORM_TYPE would make the whole answer ill-formed. */
function mergeForms(forms: readonly Form[]): readonly Form[] {
  const byType = new Map<string | undefined, Form>();
  for (const form of forms) {
    const first = byType.get(form.formType);
    const fields: readonly FormField[] = [...(first?.fields ?? []), ...form.fields];
    byType.set(form.formType, { ...(first ?? form), fields: distinct(fields, (it) => it.var) });
  }
  return [...byType.values()];
}
