import { Type } from 'typebox'

/** Number of the e-mail field, the same in every account. */
export const EMAIL = '3'
/** Number of the opt-in field: 1 yes, 2 no. */
export const OPT_IN = '31'

/** Fields are known in Emarsys by their numbers; a name is looked up when a step runs, which takes `field.list`. */
export const KNOWN_FIELD = '^[0-9]+$'

const FIELD = '^(?!(?:id|uid|eid)$)\\S(?:.*\\S)?$'

/** Not `id`, `uid`, `eid`: those belong to Emarsys, change with merges, and cannot be keys on create. */
export const KeyField = Type.String({
  title: 'Contacts are identified by field',
  description: 'Name or number of an indexed contact field. 3 is the e-mail address.',
  pattern: FIELD,
  maxLength: 200,
  // Which field it is decides who is who: it is said, never assumed.
  'x-key': true,
  'x-options': 'fields',
  'x-known': KNOWN_FIELD,
})

export const FieldName = Type.String({
  title: 'Field',
  description: 'Name or number',
  pattern: FIELD,
  maxLength: 200,
  'x-options': 'fields',
  'x-known': KNOWN_FIELD,
})

export const FieldsToGet = Type.Array(FieldName, {
  title: 'Fields to get',
  description: 'Names or numbers. Records have them under what stands here.',
  maxItems: 100,
  uniqueItems: true,
  default: ['1', '2', EMAIL],
})

/** Settings that name a contact list, an event, a segment: its number. */
export const ListId = Type.String({
  title: 'Contact list',
  description: 'Number of the list.',
  pattern: '^[0-9]+$',
  'x-options': 'contact-lists',
})
export const EventId = Type.String({
  title: 'External event',
  description: 'Number of the event.',
  pattern: '^[0-9]+$',
  'x-options': 'events',
})
export const SegmentId = Type.String({
  title: 'Segment',
  description: 'Number of the segment.',
  pattern: '^[0-9]+$',
  'x-options': 'segments',
})

/** Key values as we compare, store and send them. Emarsys' own handling of case is not documented. */
export function normalKey(field: string, value: string): string {
  const text = value.normalize('NFC').trim()
  return field === EMAIL ? text.toLowerCase() : text
}

export const contactReference = (field: string, value: string) =>
  ({ kind: 'contact', key: `${field}:${normalKey(field, value)}` }) as const

/** Names: letters, digits and more; one @ inside; no blanks. The rest is Emarsys' business. */
export const looksLikeEmail = (text: string) => ADDRESS.test(text)

const ADDRESS = /^[^\s@]+@[^\s@]+$/

/** Control characters have no place in any field, and break a CSV row. */
export const hasControls = (text: string) => CONTROL.test(text)

// A pattern within the function would be an object for every value of a bulk run.
const CONTROL = /\p{Cc}/u
