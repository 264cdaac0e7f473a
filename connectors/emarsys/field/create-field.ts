import { Type } from 'typebox'
import { textOf } from '../../kit/fields.ts'
import { createNamed } from '../write/create-named.ts'

/** Emarsys does not let choice fields be made by its API (9006), and only its support can have a field indexed. */
export const createField = createNamed({
  name: 'create-field',
  title: 'Create a contact field',
  summary: 'Makes a contact field. Fields for choices, and keys, are made in Emarsys itself.',
  synonyms: ['new column', 'custom field'],
  permissions: ['field.create'],
  listPermission: 'field.list',
  doing: 'create a contact field',
  path: '/field',
  more: {
    payload: {
      type: Type.Enum(['shorttext', 'longtext', 'largetext', 'date', 'url', 'numeric'], {
        title: 'Type',
        description: 'shorttext has room for 60 characters, longtext for 255',
      }),
    },
    body: ({ type }) => ({ application_type: textOf(type) }),
  },
})
