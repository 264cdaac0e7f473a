import { Type } from 'typebox'
import { CONFIRMED, defineWrite } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { GUID } from '../read/by-id.ts'
import { invalid } from '../write/document-payload.ts'
import { Text } from '../write/payload-fields.ts'
import { MOST_ELEMENTS, sendList } from '../write/writes.ts'

const permissions = ['accounting.contacts']

export const archiveContacts = defineWrite({
  name: 'archive-contacts',
  title: 'Archive contacts',
  summary: 'Archives contacts. Only a person in Xero can make them active again.',
  synonyms: ['hide customer', 'remove contact', 'deactivate'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
  effect: 'upsert',
  policies: ['once-per-key', 'every-time'],
  payload: Type.Object({ ContactID: Text('Contact id') }, { additionalProperties: false, title: 'Contact' }),
  maxBatch: MOST_ELEMENTS,
  prepare(_settings, payload) {
    const id = textOf(payload.ContactID).trim().toLowerCase()
    if (!GUID.test(id)) throw invalid('contact', 'its ContactID is no id of Xero.')
    return { ContactID: id }
  },
  key: (_settings, payload) => textOf(payload.ContactID),
  async write(context, items, call) {
    const outcomes = await sendList(context, {
      method: 'POST',
      path: '/Contacts',
      list: 'Contacts',
      elements: items.map(({ value }) => ({ ...value, ContactStatus: 'ARCHIVED' })),
      doing: 'archive contacts',
      permissions,
      key: call.id,
    })
    // Xero edits no archived contact, not even to archive it: what was wanted is so.
    return outcomes.map((outcome) =>
      outcome.status === 'rejected' && outcome.code === 'TARGET_INACTIVE' ? CONFIRMED : outcome,
    )
  },
})
