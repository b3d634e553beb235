/** Forms that are sent to a room in messages, each by its FORM_TYPE: XEP-0045 sections 7.13, 8.6 and 9.9. */
import { clark, NS, readForm, refusals } from '#api';
import { approveRegistration, REGISTRATION_FORM } from './registering.ts';
import type { Answer, RoomHandlers, RoomRequest, Values } from './requests.ts';
import { handleVoiceForm, VOICE_FORM } from './voice.ts';

const HANDLERS: ReadonlyMap<string | undefined, (request: RoomRequest, values: Values) => Answer> = new Map([
  [VOICE_FORM, handleVoiceForm],
  [REGISTRATION_FORM, approveRegistration],
]);

export const forms: RoomHandlers = {
  [clark(NS.dataForms, 'x')]: (request) => {
    const form = readForm(request.payload);
    if (form?.type === 'cancel') return undefined; // who skips a request says so, or nothing
    const handle = HANDLERS.get(form?.formType);
    return form?.type === 'submit' && handle !== undefined ? handle(request, form.values) : refusals.badRequest;
  },
};
