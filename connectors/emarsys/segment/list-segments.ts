import { Type } from 'typebox'
import { readWhole } from '../read/read-whole.ts'
import { segmentFlaw } from '../read/shapes.ts'

export const listSegments = readWhole({
  name: 'list-segments',
  title: 'List segments',
  summary: 'One record per segment of the account, with its number and name.',
  synonyms: ['filters', 'audiences'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions: ['segment.list'],
  flaw: segmentFlaw,
  doing: 'list segments',
  path: () => '/filter',
})
