import { Type } from 'typebox'
import { type Context, type DataRecord, defineWrite, type WriteItem, type WriteOperation } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { call } from '../client/client.ts'
import { bindKeyField } from '../field/field-names.ts'
import { contactReference, KeyField, ListId, normalKey } from '../field/keys.ts'
import { outcomesByKey } from '../write/outcomes.ts'

const Settings = Type.Object(
  {
    listId: ListId,
    keyField: KeyField,
  },
  { additionalProperties: false },
)

type Settings = { readonly listId: string; readonly keyField: string }

/** Putting contacts on a list and taking them off differ in one word of the address. */
const listMembers = (
  named: Pick<WriteOperation, 'name' | 'title' | 'summary' | 'synonyms' | 'permissions'>,
  verb: 'add' | 'delete',
  doing: string,
) =>
  defineWrite({
    ...named,
    settings: Settings,
    effect: 'upsert',
    // Membership may be changed by others in between, so each run says again what it wants.
    policies: ['every-time', 'once-per-key'],
    payload: Type.Object(
      {
        contact: Type.Union([Type.String(), Type.Number()], {
          title: 'Contact',
          description: 'Value of the key field',
        }),
      },
      { additionalProperties: false },
    ),
    maxBatch: 10_000,
    bind: bindKeyField<Settings>,
    prepare(settings, payload) {
      const contact = normalKey(settings.keyField, textOf(payload.contact))
      if (contact === '') throw new StepError('INVALID_INPUT', 'This record names no contact.')
      return { contact }
    },
    key: (settings, payload) => `${settings.listId}:${textOf(payload.contact)}`,
    ...(verb === 'add'
      ? {
          subjects: (settings: Settings, payload: DataRecord) => [
            contactReference(settings.keyField, textOf(payload.contact)),
          ],
        }
      : {}),
    async write(context: Context<Settings>, items: readonly WriteItem[]) {
      const contacts = items.map((item) => textOf(item.value.contact))
      const data = await call(context, {
        method: 'POST',
        path: `/contactlist/${context.settings.listId}/${verb}`,
        json: { key_id: context.settings.keyField, external_ids: contacts },
        doing,
        permissions: named.permissions,
      })
      return outcomesByKey(context.settings.keyField, contacts, data)
    },
  })

export const addToList = listMembers(
  {
    name: 'add-to-list',
    title: 'Add to a contact list',
    summary: 'Puts existing contacts on a contact list.',
    synonyms: ['audience', 'segment', 'subscribe to list'],
    permissions: ['contactlist.contact.add'],
  },
  'add',
  'add contacts to a list',
)

export const removeFromList = listMembers(
  {
    name: 'remove-from-list',
    title: 'Remove from a contact list',
    summary: 'Takes contacts off a contact list. The contacts themselves stay.',
    synonyms: ['audience', 'segment', 'take off list'],
    permissions: ['contactlist.contact.delete'],
  },
  'delete',
  'remove contacts from a list',
)
