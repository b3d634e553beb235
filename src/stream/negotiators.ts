/** How clients may authenticate: both SASL profiles over one set of attempts. */
import { Login, type LoginServices } from './login.ts';
import type { NegotiatorFactory } from './negotiation.ts';
import { SaslNegotiator } from './sasl.ts';
import { Sasl2Negotiator } from './sasl2.ts';
import type { UpgradePolicy } from './upgrades.ts';

export function negotiators(services: LoginServices, policy: UpgradePolicy): NegotiatorFactory {
  return (stream) => {
    const login = new Login(stream, services);
    return [new SaslNegotiator(login), new Sasl2Negotiator(login, policy)];
  };
}
