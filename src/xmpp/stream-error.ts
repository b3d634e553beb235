/** Stream errors: RFC 6120 section 4.9. */
import { type Element, el } from '../xml/element.ts';
import { NS } from './ns.ts';

type StreamCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'conflict'
  | 'connection-timeout'
  | 'host-gone'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'remote-connection-failed'
  | 'reset'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'see-other-host'
  | 'system-shutdown'
  | 'undefined-condition'
  | 'unsupported-encoding'
  | 'unsupported-feature'
  | 'unsupported-stanza-type'
  | 'unsupported-version';

/** Ends a stream. Unrecoverable by definition: the stream is closed after it is sent (RFC 6120 section 4.9.1.1). */
export class StreamError {
  readonly condition: StreamCondition;
  readonly text: string | undefined;
  readonly application: Element | undefined;

  constructor(condition: StreamCondition, text?: string, application?: Element) {
    this.condition = condition;
    this.text = text;
    this.application = application;
  }

  /** `<error/>` in the streams namespace. */
  element(): Element {
    return el(
      NS.streams,
      'error',
      null,
      el(NS.streamErrors, this.condition),
      this.text === undefined ? undefined : el(NS.streamErrors, 'text', { 'xml:lang': 'en' }, this.text),
      this.application,
    );
  }
}
