import { Type } from 'typebox'
import { defineRead, type Page } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { allOf, anyText } from '../read/filters.ts'
import { ChangedSince, PageSize } from '../read/list-settings.ts'
import { CONTACT_MONEY } from '../read/money-fields.ts'
import { type Walk, countChanges, walkChanges } from '../read/pages.ts'
import { contactFlaw } from '../read/shapes.ts'
import { findSingle } from '../read/singles.ts'

const permissions = ['accounting.contacts.read']

export const listContacts = defineRead({
  name: 'list-contacts',
  title: 'List contacts',
  summary: 'Reads customers and suppliers in full, at first all of them, then those that changed.',
  synonyms: ['customers', 'suppliers', 'people'],
  settings: Type.Object(
    {
      includeArchived: Type.Boolean({
        title: 'Archived contacts too',
        description: 'Without them nobody learns that a contact was archived or merged.',
        default: true,
      }),
      customersOnly: Type.Boolean({
        title: 'Customers only',
        description:
          'Xero derives this from invoices and does not count it as a change: a contact that becomes a customer is seen at its next edit.',
        default: false,
      }),
      changedSince: ChangedSince,
      pageSize: PageSize,
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: CONTACT_MONEY,
  incremental: true,
  identify: (contact) => ({
    id: textOf(contact.ContactID),
    version: textOf(contact.UpdatedDateUTC),
    at: textOf(contact.UpdatedDateUTC),
  }),
  flaw: contactFlaw,
  read: (context, from) => walkChanges(context, walkOf(context.settings), from),
  window: {
    // A contact has no date of its own but that of its last change.
    title: 'day of the last change',
    read: (context, { from: first, to }, from) => {
      const walk = windowWalk(context.settings, first)
      return changedBefore(walkChanges(context, walk, from), first, to)
    },
  },
  estimate: (context, { from, window }) =>
    // Xero cannot be asked for the end of a window: what changed after it is counted too.
    countChanges(context, window ? windowWalk(context.settings, window.from) : walkOf(context.settings), from),
  single: {
    title: 'e-mail address, name, contact number or id',
    find: (context, keys) => {
      const { idField: _, pageSize: __, startAt: ___, ...call } = walkOf(context.settings)
      const { where } = call.query
      return findSingle(context, keys, {
        keyFields: ['ContactID', 'EmailAddress', 'Name', 'ContactNumber'],
        byIds: (ids) => ({ ...call, query: { ...call.query, IDs: ids.join(',') } }),
        byNames: (names) => ({ ...call, query: { ...call.query, where: allOf(where, named(names)) } }),
      })
    },
  },
})

type Settings = {
  readonly includeArchived: boolean
  readonly customersOnly: boolean
  readonly changedSince: string
  readonly pageSize: number
}

/** A second more: whether the bound of the filter belongs to it is not documented. */
const windowWalk = (settings: Settings, first: string): Walk => ({
  ...walkOf(settings),
  startAt: new Date(Date.parse(first) - 1000).toISOString(),
})

/** What the settings ask for; the same for changes, windows and single contacts. */
const walkOf = ({ includeArchived, customersOnly, changedSince, pageSize }: Settings) =>
  ({
    path: '/Contacts',
    list: 'Contacts',
    doing: 'list contacts',
    permissions,
    idField: 'ContactID',
    pageSize,
    startAt: changedSince,
    query: {
      includeArchived: includeArchived || undefined,
      where: customersOnly ? 'IsCustomer==true' : undefined,
    },
  }) satisfies Walk

/** Only what has an at sign can be an address; a name may have one, too. */
const named = (names: readonly string[]) =>
  [
    anyText(
      'EmailAddress',
      names.filter((name) => name.includes('@')),
    ),
    anyText('Name', names),
    anyText('ContactNumber', names),
  ]
    .filter((filter) => filter !== undefined)
    .join(' OR ')

/** Of a walk by change time: what changed from the first moment of one day to the last before another (UTC). */
async function* changedBefore(pages: AsyncIterable<Page>, first: string, to: string): AsyncGenerator<Page> {
  for await (const { records, cursor } of pages) {
    const times = records.map((record) => textOf(record.UpdatedDateUTC))
    // Times are ISO texts, which sort as the days do.
    yield { records: records.filter((_, at) => times[at]! >= first && times[at]! < to), cursor }
    if ((times.at(-1) ?? '') >= to) return
  }
}
