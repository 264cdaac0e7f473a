import { Type } from 'typebox'
import { defineWrite } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { checkIds, permissions as checkPermissions } from './check-contacts.ts'
import { call } from '../client/client.ts'
import { bindKeyField } from '../field/field-names.ts'
import { contactReference, EMAIL, KeyField, looksLikeEmail, normalKey } from '../field/keys.ts'
import { outcomesByKey } from '../write/outcomes.ts'

const permissions = ['contact.delete']

/**
 * `POST /contact/delete`. Cannot be undone, takes Emarsys up to a month, and removes the person's behaviour and revenue
 * with them. Whoever is deleted goes into the suppression list first.
 */
export const deleteContacts = defineWrite({
  name: 'delete-contacts',
  title: 'Delete contacts',
  summary: 'Erases people for good, and puts them into the suppression list. Never part of a sync.',
  synonyms: ['erase', 'gdpr', 'right to be forgotten', 'remove contact'],
  settings: Type.Object(
    {
      keyField: KeyField,
      confirmed: Type.Boolean({
        title: 'People are to be erased for good',
        description:
          'Emarsys cannot bring them back, nor what they bought and opened; its older reports change. No flow writes to them any more.',
        default: false,
      }),
    },
    { additionalProperties: false },
  ),
  permissions: [...permissions, ...checkPermissions],
  rules: [
    {
      rule: 'guarded-key',
      setting: 'record',
      key: 'contact',
      unless: 'confirmed',
      severity: 'error',
      message: 'Deleting cannot be undone. Say in the settings that people are to be erased for good.',
    },
  ],
  effect: 'upsert',
  policies: ['every-time', 'once-per-key'],
  payload: Type.Object(
    {
      contact: Type.Union([Type.String(), Type.Number()], { title: 'Contact', description: 'Value of the key field' }),
      email: Type.Optional(
        Type.String({ title: 'E-mail address', description: 'To be kept from coming back as well' }),
      ),
    },
    { additionalProperties: false },
  ),
  maxBatch: 1000,
  bind: bindKeyField,
  prepare(settings, payload) {
    if (!settings.confirmed) {
      throw new StepError('CONFIG_INVALID', 'Nobody said in the step’s settings that people are to be erased for good.')
    }
    const contact = normalKey(settings.keyField, textOf(payload.contact))
    if (contact === '') throw new StepError('INVALID_INPUT', 'This record names no contact.')
    const email = normalKey(EMAIL, textOf(payload.email))
    if (email !== '' && !looksLikeEmail(email)) throw new StepError('INVALID_INPUT', '“email” is no e-mail address.')
    return { contact, ...(email === '' ? {} : { email }) }
  },
  key: (_settings, payload) => textOf(payload.contact),
  erases: (settings, payload) => [
    contactReference(settings.keyField, textOf(payload.contact)),
    ...(payload.email === undefined ? [] : [contactReference(EMAIL, textOf(payload.email))]),
  ],
  /**
   * Emarsys deletes nobody where one key has several contacts. Who that is, is asked with a permission that reads no
   * personal data and changes nothing.
   */
  async check(context, items) {
    const { keyField } = context.settings
    const contacts = items.map((item) => textOf(item.value.contact))
    const found = await checkIds(context, keyField, [...new Set(contacts)])
    return contacts.map((contact) => {
      const count = Number(found.get(normalKey(keyField, contact))?.count ?? 0)
      if (count < 2) return undefined
      const message = `Emarsys has ${count} contacts with this value in field ${keyField}, and deletes none of them. Merge them, then try again.`
      return { status: 'rejected', code: 'AMBIGUOUS', message }
    })
  },
  async write(context, items) {
    const { keyField } = context.settings
    const contacts = items.map((item) => textOf(item.value.contact))
    const data = await call(context, {
      method: 'POST',
      path: '/contact/delete',
      json: { key_id: keyField, [keyField]: contacts },
      doing: 'delete contacts',
      permissions,
    })
    // Whoever is not there is as deleted as can be.
    return outcomesByKey(keyField, contacts, data).map((outcome) =>
      outcome.status === 'rejected' && outcome.code === 'NOT_FOUND' ? { status: 'confirmed' } : outcome,
    )
  },
})
