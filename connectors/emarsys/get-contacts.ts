import { Type } from 'typebox'
import { type DataRecord, defineLookup } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../kit/fields.ts'
import { call } from './client.ts'
import { EMAIL, KeyField, normalKey } from './keys.ts'
import { readErrors } from './outcomes.ts'
import { contactReferences } from './upsert-contacts.ts'

const permissions = ['contact.getdata']

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
  async find(context, keys) {
    const { keyField, fields } = context.settings
    const wanted = [...new Set(keys.map((key) => normalKey(keyField, key)).filter((key) => key !== ''))]
    if (wanted.length === 0) return new Map()
    const data = await call(context, {
      method: 'POST',
      path: '/contact/getdata',
      // This one call spells it keyId; the others say key_id.
      json: { keyId: keyField, keyValues: wanted, fields: [...new Set([keyField, ...fields])] },
      doing: 'get contacts',
      permissions,
    })
    for (const [, error] of readErrors(data)) {
      if (error.code === '2010') throw ambiguous(keyField)
      if (error.code !== '2008') {
        throw new StepError('CONFIG_INVALID', `Emarsys could not look up contacts: ${error.text} (${error.code}).`)
      }
    }
    const found = new Map<string, DataRecord>()
    // `result` is false when nothing was found.
    for (const entry of listOf(fieldsOf(data).result)) {
      const contact = fieldsOf(entry)
      const key = normalKey(keyField, textOf(contact[keyField]))
      if (found.has(key)) throw ambiguous(keyField)
      // Ids come as numbers here and as text there.
      found.set(key, { ...contact, id: textOf(contact.id) })
    }
    return new Map(
      keys.flatMap((key) => {
        const contact = found.get(normalKey(keyField, key))
        return contact ? [[key, contact] as const] : []
      }),
    )
  },
  confirms: (settings, _key, found) => contactReferences(settings.keyField, found),
})

const ambiguous = (keyField: string) =>
  new StepError(
    'AMBIGUOUS',
    `Emarsys has more than one contact with the same value in field ${keyField}. Merge them in Emarsys.`,
  )
