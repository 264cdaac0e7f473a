import { Type } from 'typebox'
import { type Context, type Cursor, defineRead, type Page } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { plainCall } from '../client/client.ts'
import { contactsById, permissions as dataPermissions } from '../contact/contact-data.ts'
import { FieldsToGet, ListId } from '../field/keys.ts'
import { contactFlaw } from '../read/shapes.ts'

export const memberPermissions = ['contactlist.contact.ids']
/** As many as one call gets the fields of. */
const PAGE = 1000

/**
 * The members of a list, from `GET /contactlist/{id}/contactIds` (https://dev.emarsys.com, “Contact Lists”), whose answer
 * has no envelope, with the fields under the names that were asked.
 */
export async function* membersFrom(
  context: Context,
  listId: string,
  fields: readonly string[],
  from: Cursor | undefined,
): AsyncGenerator<Page> {
  let token = textOf(from?.token)
  for (;;) {
    const page = fieldsOf(
      await plainCall(context, {
        method: 'GET',
        path: `/contactlist/${listId}/contactIds`,
        query: { $top: PAGE, $skiptoken: token || undefined },
        doing: 'read the members of a list',
        permissions: memberPermissions,
      }),
    )
    if (!Array.isArray(page.value)) {
      throw new StepError('REPLY_UNREADABLE', `Emarsys gave no members when asked for contact list ${listId}.`)
    }
    const [ids, odd] = [page.value.map(textOf).filter(isId), page.value.filter((value) => !isId(textOf(value)))]
    const next = tokenOf(page.next, token)
    yield {
      // What is no id becomes an exception, by `flaw`.
      records: [...(await contactsById(context, ids, fields)), ...odd.map((id: unknown) => ({ id: null, member: id }))],
      cursor: next === undefined ? { done: true } : { token: next },
    }
    if (next === undefined) return
    token = next
  }
}

export const readListMembers = defineRead({
  name: 'list-members',
  title: 'Read the members of a contact list',
  summary: 'One record per contact on a list, with its number and the fields you choose.',
  synonyms: ['audience', 'who is on a list', 'suppression'],
  settings: Type.Object(
    {
      listId: ListId,
      fields: FieldsToGet,
    },
    { additionalProperties: false },
  ),
  permissions: [...memberPermissions, ...dataPermissions],
  incremental: false,
  flaw: contactFlaw,
  async *read(context, from) {
    if (from?.done === true) return
    yield* membersFrom(context, context.settings.listId, context.settings.fields, from)
  },
})

const isId = (text: string) => /^[0-9]+$/.test(text)

/** From `/contactlist/12/contactIds?$skiptoken=…`; undefined at the end. */
function tokenOf(next: unknown, before: string): string | undefined {
  if (next === null || next === undefined || next === '') return undefined
  const token = new URLSearchParams(textOf(next).split('?')[1] ?? '').get('$skiptoken') ?? ''
  if (token === '' || token === before) {
    throw new StepError('REPLY_UNREADABLE', 'Emarsys did not say where the list goes on.')
  }
  return token
}
