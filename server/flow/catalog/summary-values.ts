import { Type } from 'typebox'
import { FieldName, FieldPath, strict } from './setting-kinds.ts'

export const SUMMARY_FUNCTIONS = ['sum', 'count', 'min', 'max', 'first', 'last'] as const

/** A list holds at most so many: a group is one record, and travels as such. */
export const LONGEST_LIST = 10_000

const valuesOf = <const F extends string>(functions: readonly F[], field: string) =>
  Type.Array(
    Type.Object(
      {
        name: FieldName({ title: 'Name' }),
        fn: Type.Union(
          functions.map((fn) => Type.Literal(fn)),
          { title: 'Function' },
        ),
        path: Type.Optional(FieldPath({ title: 'Field', description: field })),
      },
      strict,
    ),
    { title: 'Values', minItems: 1, maxItems: 30 },
  )

/** What is kept of the records of a key. */
export const SummaryValues = valuesOf(SUMMARY_FUNCTIONS, 'Not needed for count.')

/** What is taken of the records of a group; a list has them all, in the order in which they came. */
export const GroupValues = valuesOf(
  [...SUMMARY_FUNCTIONS, 'list'],
  'Not needed for count; a list without it has the whole records.',
)
