import { Type } from 'typebox'
import { FieldPath, native, REJECTED, strict } from './setting-kinds.ts'

export const FIELD_KINDS = ['text', 'number', 'whole', 'yes-no', 'date', 'time', 'object'] as const

export const ValidateSettings = Type.Object(
  {
    fields: Type.Array(
      Type.Object(
        {
          path: FieldPath({
            title: 'Field',
            description: 'Lists on the way are walked through: each element is looked at.',
          }),
          kind: Type.Union(
            FIELD_KINDS.map((kind) => Type.Literal(kind)),
            {
              title: 'Must be',
              description: 'A date is YYYY-MM-DD, a time a date with a time of day (ISO 8601).',
              default: 'text',
            },
          ),
          required: Type.Boolean({ title: 'Must be there', description: 'Neither missing nor null.', default: true }),
          oneOf: Type.Optional(
            Type.Array(Type.String({ title: 'Value', maxLength: 200 }), {
              title: 'One of',
              minItems: 1,
              maxItems: 100,
            }),
          ),
          least: Type.Optional(
            Type.Number({
              title: 'At least',
              description: 'Of a number its value, of a text how many characters it has.',
            }),
          ),
          most: Type.Optional(
            Type.Number({
              title: 'At most',
              description: 'Of a number its value, of a text how many characters it has.',
            }),
          ),
          pattern: Type.Optional(
            Type.String({
              title: 'Pattern',
              description: 'A regular expression, found anywhere in the text; ^ and $ stand for its ends.',
              format: 'regexp',
              minLength: 1,
              maxLength: 1000,
            }),
          ),
        },
        strict,
      ),
      { title: 'Fields', minItems: 1, maxItems: 200 },
    ),
    others: Type.Union([Type.Literal('allow'), Type.Literal('refuse')], {
      title: 'Other fields of the record',
      description: 'Whether the record may have fields that are not listed, at its first level.',
      default: 'allow',
    }),
  },
  strict,
)

export const VALIDATE = native({
  id: 'validate',
  kind: 'pure',
  title: 'Validate',
  summary: 'Lets records through that have the fields they should; the others say what is wrong with each field.',
  synonyms: ['check', 'schema', 'required', 'assert', 'type'],
  settings: ValidateSettings,
  inputs: ['in'],
  ports: ['out', REJECTED],
})
