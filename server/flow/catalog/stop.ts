import { Type } from 'typebox'
import { Expression, native, strict } from './setting-kinds.ts'

export const StopSettings = Type.Object(
  {
    as: Type.Union([Type.Literal('failed'), Type.Literal('done')], {
      title: 'End the run as',
      description: 'Failed: somebody has to look. Done: there is nothing more to do this time.',
      default: 'failed',
    }),
    sentence: Expression({
      title: 'Sentence',
      description: 'A text that says why, made of the first record that arrives.',
    }),
  },
  strict,
)

export const STOP = native({
  id: 'stop',
  kind: 'pure',
  title: 'Stop',
  summary: 'Ends the run with a sentence as soon as a record arrives.',
  synonyms: ['abort', 'halt', 'fail', 'guard', 'assert', 'end'],
  settings: StopSettings,
  inputs: ['in'],
  ports: [],
})
