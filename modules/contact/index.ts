/** XEP-0157: where people can turn to, as a form in the host's disco#info. */
import { contribute, defineModule, type Form, hostForms } from '#api';
import { options, ROLES } from './options.ts';

export default defineModule({
  name: 'contact',
  summary: 'Publishes the addresses of those who run the server',
  xeps: [{ number: 157, version: '1.1.1' }],
  config: options,

  setup({ config }) {
    const fields = ROLES.filter((role) => config[role].length > 0).map((role) => ({
      var: `${role}-addresses`,
      type: 'list-multi',
      values: config[role],
    }));
    const form: Form = { type: 'result', formType: 'http://jabber.org/network/serverinfo', fields };
    return { hooks: [contribute(hostForms, () => (fields.length === 0 ? [] : [form]))] };
  },
});
