import { Type } from 'typebox'
import { textOf } from '../../kit/fields.ts'
import { GUID } from '../read/by-id.ts'
import { invalid } from '../write/document-payload.ts'
import { Text } from '../write/payload-fields.ts'

/** What putting contacts into a group and taking them out have in common. */
export const GROUP_MEMBERS = {
  settings: Type.Object(
    {
      group: Type.String({
        title: 'Contact group',
        'x-options': 'contact-groups',
        pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
      }),
    },
    { additionalProperties: false },
  ),
  permissions: ['accounting.contacts'],
  effect: 'upsert',
  // Membership may be changed by others in between, so each run says again what it wants.
  policies: ['every-time', 'once-per-key'],
  payload: Type.Object({ ContactID: Text('Contact id') }, { additionalProperties: false, title: 'Contact' }),
  prepare(_settings: unknown, payload: { readonly [field: string]: unknown }) {
    const id = textOf(payload.ContactID).trim().toLowerCase()
    if (!GUID.test(id)) throw invalid('contact', 'its ContactID is no id of Xero.')
    return { ContactID: id }
  },
  key: ({ group }: { readonly group: string }, payload: { readonly [field: string]: unknown }) =>
    `${group.toLowerCase()}:${textOf(payload.ContactID)}`,
} as const
