import { Type } from 'typebox'
import { FieldName, FieldPath, KeyPaths, native, REJECTED, strict } from './setting-kinds.ts'

export const ChangedOnlySettings = Type.Object(
  {
    key: KeyPaths({
      title: 'Key',
      description: 'The fields by which a record is known again from run to run, such as its id.',
    }),
    compare: Type.Union([Type.Literal('all'), Type.Literal('only'), Type.Literal('all-but')], {
      title: 'What counts as a change',
      description: 'A change of any field (all), of the listed fields (only), or of any but those (all-but).',
      default: 'all',
    }),
    fields: Type.Array(FieldPath({ title: 'Field' }), {
      title: 'Listed fields',
      description: 'With “all-but”, typically times of change and counters that say nothing.',
      maxItems: 100,
      default: [],
    }),
    as: Type.Optional(
      FieldName({
        title: 'Say under',
        description: 'Field that says what a record is: new, changed, unchanged or repeated. Left out: none.',
      }),
    ),
  },
  strict,
)

export const CHANGED_ONLY = native({
  id: 'changed-only',
  kind: 'pure',
  title: 'Changed only',
  summary: 'Lets records through that are new, or differ from what last went through here.',
  synonyms: ['delta', 'difference', 'new', 'modified', 'dedupe', 'unchanged'],
  settings: ChangedOnlySettings,
  inputs: ['in'],
  ports: ['out', 'unchanged', REJECTED],
})
