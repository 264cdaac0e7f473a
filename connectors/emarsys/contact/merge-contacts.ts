import { Type } from 'typebox'
import { CONFIRMED, defineWrite } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { call } from '../client/client.ts'
import { fieldNumbers, settingNumber } from '../field/field-names.ts'
import { contactReference, FieldName, KeyField, normalKey } from '../field/keys.ts'

const permissions = ['contact.merge']

/** `POST /contact/merge`: one pair per call. The source is gone afterwards, so a repeat would find nobody. */
export const mergeContacts = defineWrite({
  name: 'merge-contacts',
  title: 'Merge two contacts',
  summary: 'Takes one contact into another. The first one is deleted, and cannot be brought back.',
  synonyms: ['duplicates', 'doubles', 'same person'],
  settings: Type.Object(
    {
      keyField: KeyField,
      overwrite: Type.Array(FieldName, {
        title: 'Fields in which the contact that goes wins',
        description: 'Where it has a value. All fields named neither here nor below stay as they are.',
        uniqueItems: true,
        default: [],
      }),
      fill: Type.Array(FieldName, {
        title: 'Fields to fill where they are empty',
        uniqueItems: true,
        default: [],
      }),
      confirmed: Type.Boolean({
        title: 'The contact that goes is to be deleted for good',
        description: 'Emarsys cannot take two contacts apart again.',
        default: false,
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  rules: [
    {
      rule: 'guarded-key',
      setting: 'record',
      key: 'from',
      unless: 'confirmed',
      severity: 'error',
      message: 'Merging cannot be undone. Say in the settings that the contact that goes is to be deleted for good.',
    },
  ],
  effect: 'unsafe',
  policies: ['once-per-key'],
  payload: Type.Object(
    {
      from: Type.Union([Type.String(), Type.Number()], {
        title: 'Contact that goes',
        description: 'Value of the key field',
      }),
      into: Type.Union([Type.String(), Type.Number()], {
        title: 'Contact that stays',
        description: 'Value of the key field',
      }),
    },
    { additionalProperties: false },
  ),
  maxBatch: 1,
  async bind(context) {
    const { settings } = context
    const { keyField, overwrite, fill } = settings
    const numbers = await fieldNumbers(context, [keyField, ...overwrite, ...fill])
    const numberOf = (name: string) => settingNumber(numbers, name)
    return { ...settings, keyField: numberOf(keyField), overwrite: overwrite.map(numberOf), fill: fill.map(numberOf) }
  },
  prepare(settings, payload) {
    if (!settings.confirmed) {
      throw new StepError(
        'CONFIG_INVALID',
        'Nobody said in the step’s settings that the contact that goes is to be deleted.',
      )
    }
    const from = normalKey(settings.keyField, textOf(payload.from))
    const into = normalKey(settings.keyField, textOf(payload.into))
    if (from === '' || into === '') throw new StepError('INVALID_INPUT', 'This record names no two contacts.')
    if (from === into) throw new StepError('INVALID_INPUT', 'A contact cannot be merged into itself.')
    return { from, into }
  },
  key: (_settings, payload) => `${textOf(payload.from)}>${textOf(payload.into)}`,
  subjects: (settings, payload) => [contactReference(settings.keyField, textOf(payload.into))],
  async write(context, items) {
    const { keyField, overwrite, fill } = context.settings
    const { from, into } = fieldsOf(items[0]?.value)
    await call(context, {
      method: 'POST',
      path: '/contact/merge',
      json: {
        key_id: keyField,
        source_key_value: from,
        target_key_value: into,
        merge_rules: Object.fromEntries([
          ...fill.map((field) => [field, 'fill_empty']),
          ...overwrite.map((field) => [field, 'overwrite']),
        ]),
        delete_source: true,
      },
      doing: 'merge contacts',
      permissions,
    })
    return [CONFIRMED]
  },
})
