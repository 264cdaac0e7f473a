import { Type } from 'typebox'
import { defineLookup } from '../../kit/connector.ts'
import { permissions, readContacts } from './contact-data.ts'
import { fieldNumbers, settingNumber } from '../field/field-names.ts'
import { FieldsToGet, KeyField } from '../field/keys.ts'
import { contactFlaw } from '../read/shapes.ts'
import { contactReferences } from './upsert-contacts.ts'

export const getContacts = defineLookup({
  name: 'get-contacts',
  title: 'Get contacts by key',
  summary: 'Finds Emarsys contacts by e-mail address or another indexed field.',
  synonyms: ['look up contact', 'exists', 'profile'],
  settings: Type.Object(
    {
      keyField: KeyField,
      fields: FieldsToGet,
    },
    { additionalProperties: false },
  ),
  permissions,
  maxBatch: 1000,
  async bind(context) {
    const { settings } = context
    const numbers = await fieldNumbers(context, [settings.keyField, ...settings.fields])
    const keyField = settingNumber(numbers, settings.keyField)
    return { ...settings, keyField, columns: settings.fields.map((name) => [name, settingNumber(numbers, name)]) }
  },
  async find(context, keys) {
    const { settings } = context
    const columns = columnsOf(settings)
    const found = await readContacts(
      context,
      settings.keyField,
      columns.map(([, number]) => number),
      keys,
    )
    return new Map(
      [...found].map(([key, contact]) => [
        key,
        { ...contact, ...Object.fromEntries(columns.map(([name, number]) => [name, contact[number] ?? null])) },
      ]),
    )
  },
  refuse: (_settings, _record, found) => contactFlaw(found),
  confirms: (settings, _key, found) => contactReferences(settings.keyField, found),
})

/** Fields by the names that were asked, with their numbers; once bound, they are known. */
function columnsOf(settings: { readonly fields: readonly string[] }): readonly (readonly [string, string])[] {
  const { columns } = settings as { readonly columns?: readonly (readonly [string, string])[] }
  return columns ?? settings.fields.map((name) => [name, name])
}
