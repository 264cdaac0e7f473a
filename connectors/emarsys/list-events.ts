import { Type } from 'typebox'
import { readWhole } from './read-whole.ts'

export const listEvents = readWhole({
  name: 'list-events',
  title: 'List external events',
  summary: 'One record per external event of the account, with its number and name.',
  synonyms: ['triggers', 'programs'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions: ['externalevent.list'],
  doing: 'list external events',
  path: () => '/event/',
})
