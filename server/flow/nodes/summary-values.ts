import { Type } from 'typebox'
import { FieldName, FieldPath, strict } from '../setting-kinds.ts'

export const SUMMARY_FUNCTIONS = ['sum', 'count', 'min', 'max', 'first', 'last'] as const

/** What is taken of the records of a group or a key. */
export const SummaryValues = Type.Array(
  Type.Object(
    {
      name: FieldName({ title: 'Name' }),
      fn: Type.Union(
        SUMMARY_FUNCTIONS.map((fn) => Type.Literal(fn)),
        { title: 'Function' },
      ),
      path: Type.Optional(FieldPath({ title: 'Field', description: 'Not needed for count.' })),
    },
    strict,
  ),
  { title: 'Values', minItems: 1, maxItems: 30 },
)
