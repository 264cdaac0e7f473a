import { CONFIRMED, defineWrite } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { getList } from '../client/client.ts'
import { GROUP_MEMBERS } from './group-members.ts'
import { remove } from '../write/writes.ts'

const { permissions } = GROUP_MEMBERS

export const removeFromContactGroup = defineWrite({
  ...GROUP_MEMBERS,
  name: 'remove-from-contact-group',
  title: 'Remove from a contact group',
  summary: 'Takes contacts out of a contact group. The contacts themselves stay.',
  synonyms: ['segment', 'untag customer'],
  maxBatch: 1,
  async write(context, items) {
    const group = `/ContactGroups/${context.settings.group}`
    const path = `${group}/Contacts/${textOf(items[0]?.value.ContactID)}`
    if (await remove(context, { path, doing: 'remove a contact from a group', permissions })) return [CONFIRMED]
    // Not a member (any more) is what was wanted, unless the group itself is gone.
    await getList(context, { path: group, list: 'ContactGroups', doing: 'find the contact group', permissions })
    return [CONFIRMED]
  },
})
