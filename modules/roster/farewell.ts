/** What contacts are told when they leave a roster, or it ceases to be: RFC 6121 sections 2.5.2, 3.2.2 and 3.3.2. */
import { isPromise, type Jid, type RosterItem, type Router, type Sessions, stanza } from '#api';

export interface Farewells {
  readonly router: Router;
  readonly sessions: Sessions;
}

/** Ends both directions of a subscription, asked for or granted. Resolves when all is on its way. */
export async function sayFarewell({ router, sessions }: Farewells, owner: Jid, item: RosterItem): Promise<void> {
  const { contact, subscription, pendingOut } = item;
  const under: Promise<void>[] = [];
  const send = (from: Jid, type: string): void => {
    const sent = router.route(stanza('presence', { from, to: contact, type }));
    if (isPromise(sent)) under.push(sent);
  };
  const isShown = subscription === 'from' || subscription === 'both';
  if (isShown) {
    // While they are still subscribed (section 3.2.2).
    for (const session of sessions.of(owner.bare)) if (session.presence !== undefined) send(session.jid, 'unavailable');
  }
  if (subscription === 'to' || subscription === 'both' || pendingOut) send(owner, 'unsubscribe');
  if (isShown) send(owner, 'unsubscribed');
  await Promise.all(under);
}

/** Denies a request that was never answered. */
export async function deny({ router }: Farewells, owner: Jid, contact: Jid): Promise<void> {
  await router.route(stanza('presence', { from: owner, to: contact, type: 'unsubscribed' }));
}
