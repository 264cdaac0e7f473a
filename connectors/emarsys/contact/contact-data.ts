import type { Context, DataRecord } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { call } from '../client/client.ts'
import { fieldNumbers, settingNumber } from '../field/field-names.ts'
import { normalKey } from '../field/keys.ts'
import { readErrors } from '../write/outcomes.ts'

export const permissions = ['contact.getdata']

/** Contacts by the value of their key field, under the keys that were asked; one call for up to 1,000. */
export async function readContacts(
  context: Context,
  keyField: string,
  fields: readonly string[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, DataRecord>> {
  const wanted = [...new Set(keys.map((key) => normalKey(keyField, key)).filter((key) => key !== ''))]
  if (wanted.length === 0) return new Map()
  const data = await getData(context, keyField, wanted, [keyField, ...fields])
  for (const [, error] of readErrors(data)) {
    if (error.code === '2010') throw ambiguous(keyField)
    if (error.code !== '2008') {
      throw new StepError('CONFIG_INVALID', `Emarsys could not look up contacts: ${error.text} (${error.code}).`)
    }
  }
  const found = new Map<string, DataRecord>()
  for (const entry of resultOf(data)) {
    const contact = fieldsOf(entry)
    const key = normalKey(keyField, textOf(contact[keyField]))
    // Whose it is nobody can tell: taken for nothing, somebody who is there would count as gone.
    if (key === '') throw new StepError('FIELD_UNEXPECTED', `Emarsys gave a contact without its field ${keyField}.`)
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
}

/** Contacts by Emarsys' own numbers, in their order, with the fields under the names that were asked. */
export async function contactsById(
  context: Context,
  ids: readonly string[],
  fields: readonly string[],
): Promise<readonly DataRecord[]> {
  if (ids.length === 0 || fields.length === 0) return ids.map((id) => ({ id }))
  const numbers = await fieldNumbers(context, fields)
  const columns = fields.map((name) => [name, settingNumber(numbers, name)] as const)
  const data = await getData(
    context,
    'id',
    ids,
    columns.map(([, number]) => number),
  )
  const contacts = resultOf(data).map(fieldsOf)
  const found = new Map(contacts.map((contact) => [textOf(contact.id), contact]))
  // Who was deleted meanwhile is left out.
  const known = ids.flatMap((id) => {
    const contact = found.get(id)
    return contact
      ? [{ id, ...Object.fromEntries(columns.map(([name, number]) => [name, contact[number] ?? null])) }]
      : []
  })
  // Whose number is missing cannot be told from somebody who was deleted: it is shown, as an exception of its reader.
  return found.has('') ? [...known, { id: null }] : known
}

/** `result` is false when nothing was found. Anything else that is no list says nothing of who is there. */
function resultOf(data: unknown): readonly unknown[] {
  const { result } = fieldsOf(data)
  if (result === false) return []
  if (!Array.isArray(result))
    throw new StepError('REPLY_UNREADABLE', 'Emarsys gave no list of contacts when asked for them.')
  return result
}

const getData = (context: Context, keyField: string, keys: readonly string[], fields: readonly string[]) =>
  call(context, {
    method: 'POST',
    path: '/contact/getdata',
    // This one call spells it keyId; the others say key_id. Without fields, accounts differ in what they answer.
    json: { keyId: keyField, keyValues: keys, fields: [...new Set(fields)] },
    doing: 'get contacts',
    permissions,
  })

const ambiguous = (keyField: string) =>
  new StepError(
    'AMBIGUOUS',
    `Emarsys has more than one contact with the same value in field ${keyField}. Merge them in Emarsys.`,
  )
