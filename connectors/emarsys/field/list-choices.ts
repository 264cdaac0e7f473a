import { Type } from 'typebox'
import { textOf } from '../../kit/fields.ts'
import { Language } from './list-fields.ts'
import { readWhole } from '../read/read-whole.ts'
import { choiceFlaw } from '../read/shapes.ts'

export const listChoices = readWhole({
  name: 'list-choices',
  title: 'List the choices of a field',
  summary: 'One record per choice of a single-choice field: the number that is sent, and its label.',
  synonyms: ['options', 'country codes', 'single choice', 'enum'],
  settings: Type.Object(
    {
      fieldId: Type.String({
        title: 'Field',
        description: 'Number of a single-choice field.',
        pattern: '^[0-9]+$',
        'x-options': 'choice-fields',
      }),
      language: Language,
    },
    { additionalProperties: false },
  ),
  permissions: ['field.singlechoice.get'],
  flaw: choiceFlaw,
  doing: 'list the choices of a field',
  path: ({ fieldId, language }) => `/field/${fieldId}/choice/translate/${language}`,
  record: (choice, { fieldId }) => ({ ...choice, id: textOf(choice.id), field: fieldId }),
})
