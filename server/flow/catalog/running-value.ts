import { Type } from 'typebox'
import { FieldName, FieldPath, KeyPaths, native, REJECTED, strict } from './setting-kinds.ts'
import { SummaryValues } from './summary-values.ts'

export const RunningValueSettings = Type.Object(
  {
    key: KeyPaths({ title: 'Key', description: 'Whose values these are, such as the customer’s id.' }),
    contribution: KeyPaths({
      title: 'Contribution',
      description:
        'What is counted once for a key, such as the invoice’s id. The same one coming again replaces what it gave before.',
    }),
    values: SummaryValues,
    version: Type.Optional(
      FieldPath({
        title: 'Version',
        description: 'Number or time of change. An older version never replaces a newer one.',
      }),
    ),
    takeBack: Type.Optional(
      FieldPath({
        title: 'Taken back when true',
        description: 'A field that says that the contribution counts no more.',
      }),
    ),
    as: FieldName({ title: 'Put the values under', default: 'running' }),
  },
  strict,
)

export const RUNNING_VALUE = native({
  id: 'running-value',
  kind: 'pure',
  title: 'Running value',
  summary: 'Keeps sums, counts and the like per key over all runs, each contribution counted once.',
  synonyms: ['accumulate', 'lifetime value', 'balance', 'total', 'counter', 'state'],
  settings: RunningValueSettings,
  inputs: ['in'],
  ports: ['out', REJECTED],
})
