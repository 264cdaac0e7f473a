import { Type } from 'typebox'
import { defineRead, type Window } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { allOf, anyText, ofDays } from './filters.ts'
import { ChangedSince, PageSize, typeFilter } from './list-settings.ts'
import { DOCUMENT_MONEY } from './money-fields.ts'
import { type Walk, countChanges, walkChanges } from './pages.ts'
import { findSingle } from './singles.ts'

const permissions = ['accounting.invoices.read']

export const listCreditNotes = defineRead({
  name: 'list-credit-notes',
  title: 'List credit notes',
  summary: 'Reads credit notes with their lines and allocations, at first all of them, then those that changed.',
  synonyms: ['refunds', 'returns'],
  settings: Type.Object(
    {
      types: Type.Array(
        Type.Union([
          Type.Literal('ACCRECCREDIT', { title: 'To customers' }),
          Type.Literal('ACCPAYCREDIT', { title: 'From suppliers' }),
        ]),
        { title: 'Types', minItems: 1, uniqueItems: true, default: ['ACCRECCREDIT'] },
      ),
      changedSince: ChangedSince,
      pageSize: PageSize,
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: DOCUMENT_MONEY,
  incremental: true,
  identify: (note) => ({
    id: textOf(note.CreditNoteID),
    version: textOf(note.UpdatedDateUTC),
    at: textOf(note.UpdatedDateUTC),
  }),
  read: (context, from) => walkChanges(context, walkOf(context.settings), from),
  window: {
    title: 'date of the credit note',
    read: (context, window, from) => walkChanges(context, windowWalk(context.settings, window), from),
  },
  estimate: (context, { from, window }) =>
    countChanges(context, window ? windowWalk(context.settings, window) : walkOf(context.settings), from),
  single: {
    title: 'credit note number or id',
    find: (context, keys) => {
      const { idField: _, pageSize: __, startAt: ___, ...call } = walkOf(context.settings)
      const matching = (filter: string | undefined) => ({
        ...call,
        query: { where: allOf(call.query.where, filter) },
      })
      return findSingle(context, keys, {
        keyFields: ['CreditNoteID', 'CreditNoteNumber'],
        // This list has no IDs parameter, only the filter. Ids were checked to be GUIDs: nothing to quote.
        byIds: (ids) => matching(ids.map((id) => `CreditNoteID==Guid("${id}")`).join(' OR ')),
        byNames: (numbers) => matching(anyText('CreditNoteNumber', numbers)),
      })
    },
  },
})

type Settings = { readonly types: readonly string[]; readonly changedSince: string; readonly pageSize: number }

/** What the settings ask for; the same for changes, windows and single credit notes. */
const walkOf = ({ types, changedSince, pageSize }: Settings) =>
  ({
    path: '/CreditNotes',
    list: 'CreditNotes',
    doing: 'list credit notes',
    permissions,
    idField: 'CreditNoteID',
    pageSize,
    startAt: changedSince,
    query: { where: typeFilter(types, 2) },
  }) satisfies Walk

const windowWalk = (settings: Settings, window: Window): Walk => {
  const walk = walkOf(settings)
  return { ...walk, startAt: '', query: { ...walk.query, where: allOf(walk.query.where, ofDays(window)) } }
}
