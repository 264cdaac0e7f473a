import { Type } from 'typebox'
import { readWhole } from '../read/read-whole.ts'
import { eventFlaw } from '../read/shapes.ts'

export const listEvents = readWhole({
  name: 'list-events',
  title: 'List external events',
  summary: 'One record per external event of the account, with its number and name.',
  synonyms: ['triggers', 'programs'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions: ['externalevent.list'],
  flaw: eventFlaw,
  doing: 'list external events',
  path: () => '/event/',
})
