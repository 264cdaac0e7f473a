import { Type } from 'typebox'
import { readWhole } from '../read/read-whole.ts'
import { fieldFlaw } from '../read/shapes.ts'

export const Language = Type.String({ title: 'Language of the names', pattern: '^[a-z]{2}$', default: 'en' })

export const listFields = readWhole({
  name: 'list-fields',
  title: 'List contact fields',
  summary: 'One record per contact field of the account, with its number and type.',
  synonyms: ['columns', 'custom fields', 'schema'],
  settings: Type.Object({ language: Language }, { additionalProperties: false }),
  permissions: ['field.list'],
  flaw: fieldFlaw,
  doing: 'list contact fields',
  path: ({ language }) => `/field/translate/${language}`,
})
