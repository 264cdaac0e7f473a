import { Type } from 'typebox'
import { Expression, FieldPath, native, REJECTED, strict } from './setting-kinds.ts'

const oneOf = <const T extends readonly string[]>(values: T) => values.map((value) => Type.Literal(value))

export const NotifySettings = Type.Object(
  {
    sentence: Expression({ title: 'Sentence', description: 'A text of at most 1,000 characters, made of the record.' }),
    severity: Type.Union(oneOf(['info', 'warning', 'critical'] as const), { title: 'Severity', default: 'warning' }),
    desk: Type.Union(oneOf(['finance', 'marketing', 'technical'] as const), {
      title: 'Who looks after it',
      default: 'technical',
    }),
    key: Type.Array(FieldPath({ title: 'Field' }), {
      title: 'One notice for each',
      description: 'As long as a notice is open, records of the same key only count it up. No field: one for all.',
      maxItems: 5,
      default: [],
    }),
  },
  strict,
)

export const NOTIFY = native({
  id: 'notify',
  kind: 'pure',
  title: 'Notify',
  summary: 'Writes a notice for the people of a desk; the records go on.',
  synonyms: ['alert', 'notice', 'message', 'warn', 'inform'],
  settings: NotifySettings,
  inputs: ['in'],
  ports: ['out', REJECTED],
})
