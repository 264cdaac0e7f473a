import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { type DataRecord, defineWrite } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { utcSeconds } from '../../kit/time.ts'
import { call } from '../client/client.ts'
import { bindKeyField } from '../field/field-names.ts'
import { contactReference, EventId, KeyField, normalKey } from '../field/keys.ts'
import { outcomesByKey } from '../write/outcomes.ts'

const permissions = ['externalevent.trigger']

/** What interactions can use of one event's data; the sources disagree between 20 and 100 kB. In bytes. */
const MAX_DATA = 20_000

export const triggerEvent = defineWrite({
  name: 'trigger-event',
  title: 'Trigger an external event',
  summary: 'Starts what is set up for an external event, for example a mail. What was sent cannot be recalled.',
  synonyms: ['send mail', 'start program', 'automation', 'message'],
  settings: Type.Object(
    {
      eventId: EventId,
      keyField: KeyField,
    },
    { additionalProperties: false },
  ),
  permissions,
  rules: [
    {
      rule: 'needs-key',
      setting: 'record',
      key: 'key',
      severity: 'error',
      message:
        'Give each event a “key” that is its own, such as an invoice number and what happened to it. By it a repeat is known.',
    },
  ],
  effect: 'unsafe',
  announces: true,
  policies: ['once-per-key'],
  payload: Type.Object(
    {
      contact: Type.Union([Type.String(), Type.Number()], { title: 'Contact', description: 'Value of the key field' }),
      key: Type.String({
        title: 'Business key',
        description: 'What happened, once: INV-0042-overdue',
        minLength: 1,
        maxLength: 200,
      }),
      data: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { title: 'Data for the message' })),
      event_time: Type.Optional(Type.String({ title: 'When it happened', description: 'ISO 8601 with zone' })),
    },
    { additionalProperties: false },
  ),
  // 250 × 20 kB stays below the 8 MB that a body may have.
  maxBatch: 250,
  bind: bindKeyField,
  prepare(settings, payload) {
    const contact = normalKey(settings.keyField, textOf(payload.contact))
    if (contact === '') throw invalid('it names no contact.')
    const data = fieldsOf(payload.data)
    if ('ems_event_time' in data) throw invalid('“ems_event_time” in the data is reserved by Emarsys.')
    if (Buffer.byteLength(JSON.stringify(data)) > MAX_DATA) throw invalid(`its data is longer than ${MAX_DATA} bytes.`)
    const time = payload.event_time === undefined ? undefined : utcSeconds(textOf(payload.event_time))
    if (payload.event_time !== undefined && time === undefined)
      throw invalid('“event_time” is no ISO time with a zone.')
    return { contact, key: textOf(payload.key), data, ...(time === undefined ? {} : { event_time: time }) }
  },
  key: (settings, payload) => `${settings.eventId}:${textOf(payload.key)}`,
  requires: (settings, payload) => [contactReference(settings.keyField, textOf(payload.contact))],
  subjects: (settings, payload) => [contactReference(settings.keyField, textOf(payload.contact))],
  async write(context, items) {
    const { eventId, keyField } = context.settings
    const data = await call(context, {
      method: 'POST',
      path: `/event/${eventId}/trigger`,
      json: { key_id: keyField, contacts: items.map((item) => trigger(item.key, item.value)) },
      doing: 'trigger an external event',
      permissions,
    })
    return outcomesByKey(
      keyField,
      items.map((item) => textOf(item.value.contact)),
      data,
    )
  },
})

function trigger(key: string, { contact, data, event_time }: DataRecord) {
  return { external_id: contact, trigger_id: triggerId(key), data, ...(event_time === undefined ? {} : { event_time }) }
}

/** The same for every attempt of one effect: some of Emarsys' consumers drop repeats by it. */
export const triggerId = (effectKey: string) => createHash('sha256').update(effectKey).digest('hex')

const invalid = (reason: string) => new StepError('INVALID_INPUT', `This event cannot be sent: ${reason}`)
