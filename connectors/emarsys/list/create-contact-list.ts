import { Type } from 'typebox'
import { textOf } from '../../kit/fields.ts'
import { createNamed } from '../write/create-named.ts'

export const createContactList = createNamed({
  name: 'create-contact-list',
  title: 'Create a contact list',
  summary: 'Makes an empty contact list. Contacts are put on it by “Add to a contact list”.',
  synonyms: ['new list', 'audience'],
  permissions: ['contactlist.create'],
  listPermission: 'contactlist.list',
  doing: 'create a contact list',
  path: '/contactlist',
  more: {
    payload: { description: Type.Optional(Type.String({ title: 'Description', maxLength: 255 })) },
    body: ({ description }) => ({ key_id: '3', description: textOf(description), external_ids: [] }),
  },
})
