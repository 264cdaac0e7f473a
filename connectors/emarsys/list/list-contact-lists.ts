import { Type } from 'typebox'
import { readWhole } from '../read/read-whole.ts'
import { listFlaw } from '../read/shapes.ts'

export const listContactLists = readWhole({
  name: 'list-contact-lists',
  title: 'List contact lists',
  summary: 'One record per contact list of the account, with its number and name.',
  synonyms: ['audiences', 'lists'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions: ['contactlist.list'],
  flaw: listFlaw,
  doing: 'list contact lists',
  path: () => '/contactlist',
})
