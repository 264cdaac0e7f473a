import { Type } from 'typebox'
import { type Context, type DataRecord, defineLookup } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { call } from '../client/client.ts'
import { bindKeyField } from '../field/field-names.ts'
import { contactReference, KeyField, normalKey } from '../field/keys.ts'
import { readErrors } from '../write/outcomes.ts'

export const permissions = ['contact.contactid.verify']

/** `POST /contact/checkids`: which keys exist, and how often. Reads no personal data. */
export const checkContacts = defineLookup({
  name: 'check-contacts',
  title: 'Check whether contacts exist',
  summary: 'Finds Emarsys’ numbers of contacts by key, and says where one key has several contacts.',
  synonyms: ['check ids', 'exists', 'duplicates', 'doubles'],
  settings: Type.Object({ keyField: KeyField }, { additionalProperties: false }),
  permissions,
  maxBatch: 1000,
  bind: bindKeyField,
  async find(context, keys) {
    const { keyField } = context.settings
    const wanted = [...new Set(keys.map((key) => normalKey(keyField, key)).filter((key) => key !== ''))]
    if (wanted.length === 0) return new Map()
    const found = await checkIds(context, keyField, wanted)
    return new Map(
      keys.flatMap((key) => {
        const contact = found.get(normalKey(keyField, key))
        return contact ? [[key, contact] as const] : []
      }),
    )
  },
  // Several contacts of one key confirm nobody.
  confirms: (settings, key, found) => (found.count === 1 ? [contactReference(settings.keyField, key)] : []),
})

/** Numbers of the contacts that are there, by normal key: one call, for at most 1,000. */
export async function checkIds(
  context: Context,
  keyField: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, DataRecord>> {
  const data = await call(context, {
    method: 'POST',
    path: '/contact/checkids',
    json: { key_id: keyField, external_ids: keys, get_multiple_ids: 1 },
    doing: 'check contacts',
    permissions,
  })
  for (const [, error] of readErrors(data)) {
    if (error.code !== '2008' && error.code !== '2010') {
      throw new StepError('CONFIG_INVALID', `Emarsys could not check contacts: ${error.text} (${error.code}).`)
    }
  }
  // The remote's spelling of a key may differ; an id comes as text or number, alone or in a list.
  const { ids: answered } = fieldsOf(data)
  // Nobody found is an empty object or list; nothing at all says nothing of who is there.
  if (typeof answered !== 'object' || answered === null) {
    throw new StepError('REPLY_UNREADABLE', 'Emarsys gave no ids when asked which contacts there are.')
  }
  const found = new Map<string, DataRecord>()
  for (const [key, given] of Object.entries(fieldsOf(answered))) {
    const ids = (Array.isArray(given) ? listOf(given) : [given]).map(textOf).filter((id) => id !== '')
    if (ids.length > 0) found.set(normalKey(keyField, key), { id: ids[0], ids, count: ids.length })
  }
  return found
}
