import { Type } from 'typebox'
import type { Context, DataRecord, Outcome, WriteItem } from '../kit/connector.ts'
import { CONFIRMED, defineWrite } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, textOf } from '../kit/fields.ts'
import { call, fillPath } from './client.ts'

/** Of the body of one call, in bytes of its JSON. */
const MOST_BODY = 5_000_000

const Path = Type.String({
  title: 'Path',
  description: 'Below the address; {name} takes a parameter of the payload: /orders/{id}/notes',
  pattern: '^/[^\\s]*$',
})

const Payload = Type.Object(
  {
    key: Type.String({
      title: 'Business key',
      description: 'What happens, once: order-1001-paid',
      minLength: 1,
      maxLength: 200,
    }),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), { title: 'Parameters of the path' }),
    ),
    body: Type.Optional(Type.Unknown({ title: 'Body, sent as JSON' })),
  },
  { additionalProperties: false },
)

const needsKey = {
  rule: 'needs-key',
  setting: 'record',
  key: 'key',
  severity: 'error',
  message:
    'Give each call a “key” that is its own, such as an order number and what happened to it. By it a repeat is known.',
} as const

function prepare(settings: { readonly path: string }, payload: DataRecord): DataRecord {
  fillPath(settings.path, fieldsOf(payload.parameters))
  if (payload.body !== undefined && Buffer.byteLength(JSON.stringify(payload.body)) > MOST_BODY) {
    throw new StepError('INVALID_INPUT', `The body for “${textOf(payload.key)}” is longer than ${MOST_BODY} bytes.`)
  }
  return payload
}

/** One call for the one item of a batch. */
async function send(
  context: Context<{ readonly path: string }>,
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  items: readonly WriteItem[],
  headers: { readonly [name: string]: string } = {},
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { value } of items) {
    try {
      const path = fillPath(context.settings.path, fieldsOf(value.parameters))
      await call(context, {
        ...{ method, path, headers, doing: `${method} ${context.settings.path}` },
        ...(value.body === undefined ? {} : { json: value.body }),
      })
    } catch (error) {
      // A 2xx whose answer is no JSON has been taken all the same.
      const taken = error instanceof StepError && error.code === 'REPLY_UNREADABLE' && (error.status ?? 0) < 300
      if (!taken) throw error
    }
    outcomes.push(CONFIRMED)
  }
  return outcomes
}

export const sendRequest = defineWrite({
  name: 'send',
  title: 'Send a request',
  summary: 'Makes one call for each payload to any API that cannot tell a repeat.',
  synonyms: ['post', 'rest', 'webhook', 'http', 'api'],
  settings: Type.Object(
    {
      method: Type.Union([Type.Literal('POST'), Type.Literal('PATCH'), Type.Literal('DELETE')], {
        title: 'Method',
        default: 'POST',
      }),
      path: Path,
    },
    { additionalProperties: false },
  ),
  permissions: [],
  rules: [needsKey],
  effect: 'unsafe',
  policies: ['once-per-key', 'once-per-key-and-content', 'every-time'],
  payload: Payload,
  maxBatch: 1,
  prepare,
  key: (_settings, payload) => textOf(payload.key),
  write: (context, items) => send(context, context.settings.method, items),
})

export const putRequest = defineWrite({
  name: 'put',
  title: 'Put a resource',
  summary: 'Makes one PUT for each payload: the same address with the same content changes nothing twice.',
  synonyms: ['rest', 'update', 'upsert', 'http', 'api'],
  settings: Type.Object({ path: Path }, { additionalProperties: false }),
  permissions: [],
  rules: [needsKey],
  effect: 'upsert',
  policies: ['once-per-key-and-content', 'every-time', 'once-per-key'],
  payload: Payload,
  maxBatch: 1,
  prepare,
  key: (_settings, payload) => textOf(payload.key),
  write: (context, items) => send(context, 'PUT', items),
})
