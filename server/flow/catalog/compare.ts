import { Type } from 'typebox'
import { FieldName, FieldPath, native, REJECTED, strict } from './setting-kinds.ts'

const Sides = {
  left: FieldPath({ title: 'Field on the left' }),
  right: FieldPath({ title: 'Field on the right' }),
}

export const CompareSettings = Type.Object(
  {
    key: Type.Array(Type.Object(Sides, strict), {
      title: 'Key',
      description: 'Fields that together name the same thing on both sides.',
      minItems: 1,
      maxItems: 5,
    }),
    fields: Type.Array(
      Type.Object(
        {
          name: FieldName({ title: 'Name' }),
          ...Sides,
          kind: Type.Union([Type.Literal('text'), Type.Literal('decimal'), Type.Literal('date')], {
            title: 'Compare as',
            description: 'A text, letter for letter; a decimal number; or a day, whatever the time of it.',
            default: 'text',
          }),
          tolerance: Type.Optional(
            Type.Number({
              title: 'Tolerance',
              description: 'Decimals that lie no further apart are the same.',
              minimum: 0,
              maximum: 1_000_000_000,
              default: 0,
            }),
          ),
        },
        strict,
      ),
      {
        title: 'Fields to compare',
        description: 'None: it is enough that both sides have the key.',
        maxItems: 50,
        default: [],
      },
    ),
    total: Type.Optional(
      Type.Object(Sides, {
        ...strict,
        title: 'Control total',
        description: 'An amount on each side that the summary adds up, to the cent, for each outcome.',
      }),
    ),
  },
  strict,
)

export const COMPARE = native({
  id: 'compare',
  kind: 'pure',
  title: 'Compare two sets',
  summary: 'Matches all records of two branches by a key and says which match, differ, or stand on one side only.',
  synonyms: ['reconcile', 'tie out', 'match', 'diff', 'control total'],
  settings: CompareSettings,
  inputs: ['left', 'right'],
  ports: ['matched', 'differs', 'only-left', 'only-right', 'summary', REJECTED],
})
