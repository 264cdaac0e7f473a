import { Type } from 'typebox'
import { defineRead } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, textOf } from '../kit/fields.ts'
import { call } from './client.ts'

const permissions = ['field.list']

export const listFields = defineRead({
  name: 'list-fields',
  title: 'List contact fields',
  summary: 'One record per contact field of the account, with its number and type.',
  synonyms: ['columns', 'custom fields', 'schema'],
  settings: Type.Object(
    {
      language: Type.String({ title: 'Language of the names', pattern: '^[a-z]{2}$', default: 'en' }),
    },
    { additionalProperties: false },
  ),
  permissions,
  incremental: false,
  async *read(context, from) {
    if (from?.done === true) return
    const doing = 'list contact fields'
    const data = await call(context, {
      method: 'GET',
      path: `/field/translate/${context.settings.language}`,
      doing,
      permissions,
    })
    if (!Array.isArray(data)) throw new StepError('REPLY_UNREADABLE', `Emarsys gave no list when asked to ${doing}.`)
    const records = data.map(fieldsOf).map((field) => ({ ...field, id: textOf(field.id) }))
    yield { records, cursor: { done: true } }
  },
})
