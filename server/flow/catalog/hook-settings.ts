import { Type } from 'typebox'

/** Settings that every trigger has whose events come one by one. */
export const CollectSettings = {
  collectMost: Type.Integer({
    title: 'Events of one run, at most',
    description: 'So many events that wait go into one run together.',
    minimum: 1,
    maximum: 1_000,
    default: 100,
  }),
  collectSeconds: Type.Integer({
    title: 'Collect for … seconds',
    description: 'How long the first event waits for more. 0: not at all.',
    minimum: 0,
    maximum: 3_600,
    default: 0,
  }),
}

const HeaderName = (options: { title: string; description: string; default?: string }) =>
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,63}$', ...options })

/** See docs/hooks.md. */
export const HookSettings = Type.Object(
  {
    kind: Type.Union(
      [
        Type.Literal('signed', { title: 'Signed (Standard Webhooks)' }),
        Type.Literal('token', { title: 'A token in a header' }),
      ],
      {
        title: 'How the sender proves itself',
        description: 'A signature covers what is sent; a token is for senders that cannot sign.',
        default: 'signed',
      },
    ),
    header: Type.Optional(
      HeaderName({
        title: 'Header of the token',
        description: 'Only for a token.',
        default: 'x-tieline-token',
      }),
    ),
    idHeader: Type.Optional(
      HeaderName({
        title: 'Header with the event’s id',
        description: 'An event whose id came before is not carried out again. Empty: “webhook-id”.',
      }),
    ),
    idPath: Type.Optional(
      Type.String({
        title: 'Field with the event’s id',
        description: 'Counts instead of the header; of a list, each element is an event of its own.',
        // No `path` format: it names a place in what is sent, not in a record of the flow.
        pattern: '^[^.\\s][^\\n]*$',
        maxLength: 200,
      }),
    ),
    record: Type.Union(
      [
        Type.Literal('body', { title: 'The body as it was sent' }),
        Type.Literal('delivery', { title: 'Body, id, time and headers' }),
      ],
      { title: 'Record', default: 'body' },
    ),
    ...CollectSettings,
  },
  { additionalProperties: false },
)
