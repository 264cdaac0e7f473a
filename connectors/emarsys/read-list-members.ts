import { Type } from 'typebox'
import { defineRead } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, textOf } from '../kit/fields.ts'
import { plainCall } from './client.ts'
import { contactsById, permissions as dataPermissions } from './contact-data.ts'
import { FieldsToGet } from './keys.ts'

const permissions = ['contactlist.contact.ids', ...dataPermissions]
/** As many as one call gets the fields of. */
const PAGE = 1000

/** `GET /contactlist/{id}/contactIds`, whose answer has no envelope; https://dev.emarsys.com, “Contact Lists”. */
export const readListMembers = defineRead({
  name: 'list-members',
  title: 'Read the members of a contact list',
  summary: 'One record per contact on a list, with its number and the fields you choose.',
  synonyms: ['audience', 'who is on a list', 'suppression'],
  settings: Type.Object(
    {
      listId: Type.String({ title: 'Contact list', description: 'Number of the list.', pattern: '^[0-9]+$' }),
      fields: FieldsToGet,
    },
    { additionalProperties: false },
  ),
  permissions,
  incremental: false,
  async *read(context, from) {
    const { listId, fields } = context.settings
    let token = textOf(from?.token)
    if (from?.done === true) return
    for (;;) {
      const page = fieldsOf(
        await plainCall(context, {
          method: 'GET',
          path: `/contactlist/${listId}/contactIds`,
          query: { $top: PAGE, $skiptoken: token || undefined },
          doing: 'read the members of a list',
          permissions,
        }),
      )
      if (!Array.isArray(page.value)) {
        throw new StepError('REPLY_UNREADABLE', `Emarsys gave no members when asked for contact list ${listId}.`)
      }
      const ids = page.value.map(textOf)
      const next = tokenOf(page.next, token)
      yield {
        records: await contactsById(context, ids, fields),
        cursor: next === undefined ? { done: true } : { token: next },
      }
      if (next === undefined) return
      token = next
    }
  },
})

/** From `/contactlist/12/contactIds?$skiptoken=…`; undefined at the end. */
function tokenOf(next: unknown, before: string): string | undefined {
  if (next === null || next === undefined || next === '') return undefined
  const token = new URLSearchParams(textOf(next).split('?')[1] ?? '').get('$skiptoken') ?? ''
  if (token === '' || token === before) {
    throw new StepError('REPLY_UNREADABLE', 'Emarsys did not say where the list goes on.')
  }
  return token
}
