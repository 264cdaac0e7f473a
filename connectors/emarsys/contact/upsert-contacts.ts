import { Type } from 'typebox'
import { type DataRecord, defineWrite } from '../../kit/connector.ts'
import { plainDecimal } from '../../kit/decimal.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { call } from '../client/client.ts'
import { readContacts } from './contact-data.ts'
import { fieldNumbers, forgetFields, recordNumber, settingNumber } from '../field/field-names.ts'
import {
  contactReference,
  EMAIL,
  FieldName,
  hasControls,
  KeyField,
  KNOWN_FIELD,
  looksLikeEmail,
  normalKey,
  OPT_IN,
} from '../field/keys.ts'
import { outcomesByKey } from '../write/outcomes.ts'

const permissions = ['contact.create', 'contact.update']

/** One field as it goes over the wire: text, or for a multi-choice field the list of choice ids. */
type Value = string | readonly string[]

export const upsertContacts = defineWrite({
  name: 'upsert-contacts',
  title: 'Create or update contacts',
  summary:
    'Writes contact fields, creating the contact where there is none. Fields that are not sent keep their value.',
  synonyms: ['customers', 'people', 'import contacts', 'profile'],
  settings: Type.Object(
    {
      keyField: KeyField,
      consentEvent: Type.Boolean({
        title: 'This flow carries consent',
        description: 'Only then may field 31 (opt-in) be sent. Being a customer in Xero is no consent.',
        default: false,
      }),
      clearFields: Type.Array(FieldName, {
        title: 'Fields that an empty value clears',
        description: 'All others keep their value in Emarsys when ours is empty.',
        uniqueItems: true,
        default: [],
      }),
      sourceId: Type.Optional(
        Type.String({
          title: 'Source',
          description: 'Number of a source made in Emarsys, so that marketers see where a contact came from.',
          pattern: '^[0-9]*$',
          default: '',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  permissions,
  rules: [
    {
      rule: 'guarded-key',
      setting: 'record',
      key: OPT_IN,
      unless: 'consentEvent',
      severity: 'error',
      message: 'Field 31 is the opt-in. It may be sent only by a flow that carries consent.',
    },
  ],
  effect: 'upsert',
  policies: ['once-per-key-and-content', 'every-time'],
  payload: Type.Record(
    Type.String(),
    Type.Union([Type.String(), Type.Number(), Type.Null(), Type.Array(Type.Union([Type.String(), Type.Number()]))]),
    {
      title: 'Contact',
      description: 'Values by name or number of a field: { "email": EmailAddress, "1": FirstName }',
      'x-options-of-keys': 'fields',
      'x-known': KNOWN_FIELD,
    },
  ),
  maxBatch: 1000,
  async bind(context, payloads) {
    const { settings } = context
    const { keyField, clearFields } = settings
    const named = new Set<string>()
    for (const payload of payloads) for (const name in fieldsOf(payload)) named.add(name)
    const numbers = await fieldNumbers(context, [keyField, ...clearFields, ...named])
    return {
      ...settings,
      keyField: settingNumber(numbers, keyField),
      clearFields: clearFields.map((name) => settingNumber(numbers, name)),
      fieldNumbers: numbers,
    }
  },
  prepare(settings, payload) {
    const contact = asSent(settings, payload)
    checkOptIn(settings.consentEvent, contact)
    const key = contact[settings.keyField]
    if (typeof key !== 'string' || key === '') {
      throw invalid(`the key field ${settings.keyField} is empty, so nobody can say whose record this is.`)
    }
    const email = contact[EMAIL]
    if (email !== undefined && email !== '' && !(typeof email === 'string' && looksLikeEmail(email))) {
      throw invalid('field 3 is no e-mail address.')
    }
    return contact
  },
  key: (settings, contact) => textOf(contact[settings.keyField]),
  confirms: (settings, contact) => contactReferences(settings.keyField, contact),
  subjects: (settings, contact) => contactReferences(settings.keyField, contact),
  async write(context, items) {
    const { keyField, sourceId } = context.settings
    const contacts = items.map(({ value }) => (sourceId ? { ...value, source_id: Number(sourceId) } : value))
    const data = await call(context, {
      method: 'PUT',
      path: '/contact/',
      query: { create_if_not_exists: 1 },
      json: { key_id: keyField, contacts },
      doing: 'create or update contacts',
      permissions,
    })
    const outcomes = outcomesByKey(
      keyField,
      items.map((item) => textOf(item.value[keyField])),
      data,
    )
    if (outcomes.some((one) => one.status === 'rejected' && one.code === 'FIELD_GONE')) forgetFields(context)
    return outcomes
  },
  async probe(context, items) {
    const { keyField } = context.settings
    const found = await readContacts(
      context,
      keyField,
      [...new Set(items.flatMap((item) => Object.keys(item.value)))],
      items.map((item) => textOf(item.value[keyField])),
    )
    return items.map(({ value }) => {
      const contact = found.get(textOf(value[keyField]))
      if (!contact) return 'absent'
      // With other values it may have arrived and been changed since.
      return Object.entries(value).every(([field, sent]) => isSame(field, sent, contact[field])) ? 'arrived' : 'unclear'
    })
  },
})

/** The payload itself where it is in its final form already, as most are: objects whose names are numbers are dear to make. */
function asSent(
  settings: { readonly clearFields: readonly string[] },
  payload: DataRecord,
): { readonly [field: string]: Value } {
  let contact: { [field: string]: Value } | undefined
  for (const name in payload) {
    const field = recordNumber(settings, name)
    const text = fieldValue(field, payload[name])
    if (!contact) {
      if (field === name && text !== '' && text === payload[name]) continue
      contact = before(payload, name)
    }
    if (field in contact) throw invalid(`it has field ${field} twice, by its name and by its number.`)
    if (text.length > 0) contact[field] = text
    else if (settings.clearFields.includes(field)) contact[field] = ''
  }
  // Every field was found to be a text that stays as it is.
  return contact ?? (payload as { readonly [field: string]: string })
}

/** The fields that stand before one, which were found to stay as they are. */
function before(payload: DataRecord, end: string): { [field: string]: Value } {
  const contact: { [field: string]: Value } = {}
  for (const name in payload) {
    if (name === end) break
    contact[name] = payload[name] as string
  }
  return contact
}

/** Multi-choice fields come back as lists whose order means nothing; an empty field comes back as null. */
function isSame(field: string, sent: unknown, found: unknown): boolean {
  const text = (value: unknown) => normalKey(field, textOf(value))
  if (!Array.isArray(sent)) return text(sent) === text(found)
  return sent.map(text).sort().join() === listOf(found).map(text).sort().join()
}

/** By its key, and by its e-mail address if that is a different field: sales data may name it either way. */
export function contactReferences(keyField: string, contact: DataRecord) {
  const references: ReturnType<typeof contactReference>[] = []
  const key = textOf(contact[keyField])
  if (key !== '') references.push(contactReference(keyField, key))
  const email = keyField === EMAIL ? '' : textOf(contact[EMAIL])
  if (email !== '') references.push(contactReference(EMAIL, email))
  return references
}

function fieldValue(field: string, value: unknown): Value {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map((choice) => single(field, choice)).filter((choice) => choice !== '')
  return single(field, value)
}

/** ASCII without control characters. */
const PRINTABLE = /^[ -~]*$/

function single(field: string, value: unknown): string {
  const text = typeof value === 'number' ? plainDecimal(value) : value
  if (typeof text !== 'string') {
    throw invalid(`field ${field} is neither text nor a number. Choices are sent by their number.`)
  }
  // Line breaks are fine in large text fields, other control characters nowhere. Most values are plain, which is quicker
  // to see.
  if (!PRINTABLE.test(text) && hasControls(text.replace(/[\r\n\t]/g, '')))
    throw invalid(`field ${field} holds control characters.`)
  return normalKey(field, text)
}

function checkOptIn(consentEvent: boolean, contact: { readonly [field: string]: Value }): void {
  const optIn = contact[OPT_IN]
  if (optIn === undefined) return
  if (!consentEvent) throw invalid('field 31 (opt-in) may be sent only by a flow that carries consent.')
  if (optIn !== '' && optIn !== '1' && optIn !== '2') throw invalid('field 31 (opt-in) takes 1 (yes) or 2 (no).')
}

const invalid = (reason: string) => new StepError('INVALID_INPUT', `This contact cannot be sent: ${reason}`)
