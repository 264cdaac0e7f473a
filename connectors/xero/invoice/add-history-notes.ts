import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { CONFIRMED, defineWrite } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { GUID } from '../read/by-id.ts'
import { getList } from '../client/client.ts'
import { invalid } from '../write/document-payload.ts'
import { Resource } from './history.ts'
import { Text } from '../write/payload-fields.ts'
import { KEY_KEPT_MS, sendWhole } from '../write/writes.ts'

const permissions = ['accounting.invoices']
/** Xero's own limit, in characters. */
const LONGEST_NOTE = 2500

export const addHistoryNotes = defineWrite({
  name: 'add-history-notes',
  title: 'Add notes to the history',
  summary: 'Writes a note into the history of a document or contact, where it stays: notes cannot be changed.',
  synonyms: ['comment', 'annotate', 'leave a note'],
  settings: Type.Object({ resource: Resource }, { additionalProperties: false }),
  // Notes on what has another scope are written with that one; Xero names it when it is missing.
  permissions,
  effect: 'keyed',
  keyWindowMs: KEY_KEPT_MS,
  policies: ['once-per-key', 'every-time'],
  payload: Type.Object(
    {
      ID: Text('Id of the document or contact'),
      Note: Type.String({ title: 'Note', minLength: 1, maxLength: LONGEST_NOTE }),
      Key: Type.Optional(Text('Key, where the same note is wanted more than once', 100)),
    },
    { additionalProperties: false, title: 'Note' },
  ),
  maxBatch: 1,
  prepare(_settings, payload) {
    const id = textOf(payload.ID).trim().toLowerCase()
    if (!GUID.test(id)) throw invalid('note', 'its ID is no id of Xero.')
    const note = textOf(payload.Note).trim()
    if (note === '') throw invalid('note', 'it is empty.')
    const key = textOf(payload.Key).trim()
    return { ID: id, Note: note, ...(key === '' ? {} : { Key: key }) }
  },
  // The same note on the same document is the same effect.
  key: ({ resource }, { ID: id, Note: note, Key: key }) =>
    [resource, id, key ?? createHash('sha256').update(textOf(note)).digest('base64url').slice(0, 22)]
      .map(textOf)
      .join(':'),
  async write(context, items, call) {
    const { ID: id, Note: note } = items[0]?.value ?? {}
    const elements = [{ Details: note }]
    await sendWhole(
      context,
      {
        method: 'PUT',
        path: `/${context.settings.resource}/${textOf(id)}/History`,
        list: 'HistoryRecords',
        elements,
        doing: 'add a note',
        permissions,
        key: call.id,
      },
      { HistoryRecords: elements },
    )
    return [CONFIRMED]
  },
  async probe(context, items) {
    const { ID: id, Note: note } = items[0]?.value ?? {}
    const { records } = await getList(context, {
      path: `/${context.settings.resource}/${textOf(id)}/History`,
      list: 'HistoryRecords',
      doing: 'look for a note',
      permissions,
    })
    return [records.some((entry) => textOf(entry.Details) === note) ? 'arrived' : 'absent']
  },
})
