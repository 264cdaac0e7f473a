import { Type } from 'typebox'
import { type DataRecord, defineLookup } from '../../kit/connector.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { permissions, readContacts } from './contact-data.ts'
import { bindKeyField } from '../field/field-names.ts'
import { KeyField } from '../field/keys.ts'

/**
 * `POST /contact/getdata` with the key field alone. Tried again it only asks again, so a person who has merged the two
 * contacts has nothing to close.
 */
export const checkMerged = defineLookup({
  name: 'check-merged',
  title: 'Check that merged customers are one contact',
  summary: 'Sets aside who was merged into another over there, and is still a contact of their own in Emarsys.',
  synonyms: ['duplicates', 'doubles', 'merged contact', 'same person'],
  settings: Type.Object(
    {
      keyField: KeyField,
      into: Type.String({
        title: 'Field with the one that stays',
        description: 'Of the record: whom it was merged into, for the sentence of the exception.',
        minLength: 1,
        maxLength: 200,
        default: 'MergedToContactID',
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  maxBatch: 1000,
  bind: bindKeyField,
  find: (context, keys) => readContacts(context, context.settings.keyField, [], keys),
  refuse: ({ keyField, into }, record, found) => ({
    code: 'CONTACT_MERGED',
    message: `Two contacts in Emarsys are one customer in the ledger. Merge ${named(fieldsOf(found)[keyField])} into ${named(readInto(record, into))} there (field ${keyField}).`,
  }),
})

const readInto = (record: DataRecord, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => fieldsOf(value)[name], record)

const named = (value: unknown): string => {
  const text = textOf(value)
  return text === '' ? 'the one that stays' : `“${text.slice(0, 100)}”`
}
