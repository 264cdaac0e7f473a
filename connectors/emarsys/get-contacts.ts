import { Type } from 'typebox'
import { defineLookup } from '../kit/connector.ts'
import { permissions, readContacts } from './contact-data.ts'
import { EMAIL, KeyField } from './keys.ts'
import { contactReferences } from './upsert-contacts.ts'

export const getContacts = defineLookup({
  name: 'get-contacts',
  title: 'Get contacts by key',
  summary: 'Finds Emarsys contacts by e-mail address or another indexed field.',
  synonyms: ['look up contact', 'exists', 'profile'],
  settings: Type.Object(
    {
      keyField: KeyField,
      fields: Type.Array(Type.String({ title: 'Field number', pattern: '^[0-9]+$' }), {
        title: 'Fields to get',
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        default: ['1', '2', EMAIL],
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  maxBatch: 1000,
  find: (context, keys) => readContacts(context, context.settings.keyField, context.settings.fields, keys),
  confirms: (settings, _key, found) => contactReferences(settings.keyField, found),
})
