import { Type } from 'typebox'
import { type Context, type DataRecord, defineLookup } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { findByIds, MAX_IDS } from '../read/by-id.ts'
import { CONTACT_MONEY } from '../read/money-fields.ts'
import { contactFlaw } from '../read/shapes.ts'

const permissions = ['accounting.contacts.read']
/** A contact that was merged into one that was merged again. More than this is a circle. */
const MOST_MERGES = 5

type Settings = { readonly includeArchived: boolean; readonly followMerged: boolean }

export const getContacts = defineLookup({
  name: 'get-contacts',
  title: 'Get contacts by id',
  summary: 'Finds the full contact, with its e-mail address, that an invoice only names.',
  synonyms: ['customer of an invoice', 'look up contact', 'e-mail', 'merged contact'],
  settings: Type.Object(
    {
      includeArchived: Type.Boolean({ title: 'Archived contacts too', default: true }),
      followMerged: Type.Boolean({
        title: 'Follow merged contacts',
        description:
          'Old invoices name the contact that was merged away. Gives the one it was merged into, with “MergedFrom”.',
        default: true,
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: CONTACT_MONEY,
  maxBatch: MAX_IDS,
  async find(context, keys) {
    const found = new Map(await byId(context, keys))
    if (!context.settings.followMerged) return found
    const { includeArchived } = context.settings
    for (const [key, contact] of found) {
      if (!includeArchived && contact.ContactStatus === 'ARCHIVED' && intoOf(contact) === '') found.delete(key)
    }
    for (let merge = 0; merge < MOST_MERGES; merge++) {
      const merged = [...found].filter(([, contact]) => intoOf(contact) !== '')
      // One more call where there are any, and none as a rule.
      if (merged.length === 0) break
      const winners = await byId(context, [...new Set(merged.map(([, contact]) => intoOf(contact)))])
      for (const [key, contact] of merged) {
        const winner = winners.get(intoOf(contact))
        if (winner) found.set(key, { ...winner, MergedFrom: key })
        else found.delete(key)
      }
    }
    return found
  },
})

const intoOf = ({ MergedToContactID: id }: DataRecord): string => textOf(id)

const byId = (context: Context<Settings>, keys: readonly string[]) =>
  findByIds(context, keys, 'ContactID', contactFlaw, (ids) => ({
    path: '/Contacts',
    list: 'Contacts',
    doing: 'get contacts',
    permissions,
    // With a page Xero gives all fields, without one the short set. A merged contact is an archived one.
    query: {
      IDs: ids.join(','),
      includeArchived: context.settings.includeArchived || context.settings.followMerged || undefined,
      page: 1,
      pageSize: MAX_IDS,
    },
  }))
