import { CONFIRMED, type Context, type DataRecord, defineWrite, type Outcome } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { GROUP_MEMBERS } from './group-members.ts'
import { MOST_ELEMENTS, outcomeOf, RefusedTogether, sendWhole } from '../write/writes.ts'

export const addToContactGroup = defineWrite({
  ...GROUP_MEMBERS,
  name: 'add-to-contact-group',
  title: 'Add to a contact group',
  summary: 'Puts active contacts into a contact group.',
  synonyms: ['segment', 'tag customer', 'group contacts'],
  maxBatch: MOST_ELEMENTS,
  async write(context, items, call) {
    const members = items.map(({ value }) => value)
    try {
      await add(context, members, call.id)
      return items.map(() => CONFIRMED)
    } catch (error) {
      if (!(error instanceof RefusedTogether)) throw error
      // One that cannot be (an archived contact) refuses all: the others are sent once more, without it.
      const refused = new Map(error.elements.map((one) => [textOf(one.ContactID).toLowerCase(), outcomeOf(one)]))
      const others = members.filter(({ ContactID: id }) => !refused.has(textOf(id)))
      if (others.length === members.length) throw error
      if (others.length > 0) await add(context, others, `${call.id}-others`)
      return members.map(({ ContactID: id }): Outcome => refused.get(textOf(id)) ?? CONFIRMED)
    }
  },
})

function add(
  context: Context<{ readonly group: string }>,
  Contacts: readonly DataRecord[],
  key: string,
): Promise<void> {
  const sent = {
    method: 'PUT',
    path: `/ContactGroups/${context.settings.group}/Contacts`,
    list: 'Contacts',
    elements: Contacts,
    doing: 'add contacts to a group',
    permissions: GROUP_MEMBERS.permissions,
    key,
  } as const
  return sendWhole(context, sent, { Contacts })
}
