import { Type } from 'typebox'
import { CONFIRMED, defineWrite, type Outcome } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { checkIds, permissions } from './check-contacts.ts'
import { bindKeyField } from '../field/field-names.ts'
import { contactReference, EMAIL, KeyField, looksLikeEmail, normalKey } from '../field/keys.ts'

/** Nothing changes in Emarsys: it is asked once more, and who is there after all is left alone. */
export const suppressContacts = defineWrite({
  name: 'suppress-contacts',
  title: 'Keep gone contacts from coming back',
  summary: 'Puts contacts that are gone in Emarsys into the suppression list, so that no flow makes them again.',
  synonyms: ['consent', 'opt-out', 'deleted', 'unsubscribed', 'suppression', 'block'],
  settings: Type.Object({ keyField: KeyField }, { additionalProperties: false }),
  permissions,
  effect: 'upsert',
  policies: ['every-time'],
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
    const contact = normalKey(settings.keyField, textOf(payload.contact))
    if (contact === '') throw new StepError('INVALID_INPUT', 'This record names no contact.')
    const email = normalKey(EMAIL, textOf(payload.email))
    // An address that Emarsys would not take cannot come back there.
    return { contact, ...(looksLikeEmail(email) ? { email } : {}) }
  },
  key: (_settings, payload) => textOf(payload.contact),
  bars: (settings, payload) => ({
    people: [
      contactReference(settings.keyField, textOf(payload.contact)),
      ...(payload.email === undefined ? [] : [contactReference(EMAIL, textOf(payload.email))]),
    ],
    reason: 'Gone in Emarsys; found by a flow.',
  }),
  async write(context, items) {
    const { keyField } = context.settings
    const there = await checkIds(
      context,
      keyField,
      items.map(({ key }) => key),
    )
    return items.map(({ key }): Outcome => (there.has(normalKey(keyField, key)) ? THERE : CONFIRMED))
  },
})

const THERE: Outcome = {
  status: 'rejected',
  code: 'RECORD_REFUSED',
  message: 'This contact is in Emarsys. Only who is gone there is kept from coming back.',
}
