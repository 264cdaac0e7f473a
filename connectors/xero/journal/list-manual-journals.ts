import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { readsDocuments } from '../read/document-read.ts'
import { ChangedSince, PageSize } from '../read/list-settings.ts'
import { JOURNAL_MONEY } from '../read/money-fields.ts'
import { manualJournalFlaw } from '../read/shapes.ts'

const permissions = ['accounting.manualjournals.read']

const Settings = Type.Object(
  {
    changedSince: ChangedSince,
    pageSize: PageSize,
  },
  { additionalProperties: false },
)

export const listManualJournals = defineRead<typeof Settings>({
  name: 'list-manual-journals',
  title: 'List manual journals',
  summary: 'Reads manual journals with their lines, at first all of them, then those that changed.',
  synonyms: ['journal entries', 'bookings', 'general ledger'],
  settings: Settings,
  permissions,
  moneyFields: JOURNAL_MONEY,
  ...readsDocuments<typeof Settings>({
    walkOf: ({ changedSince, pageSize }) => ({
      path: '/ManualJournals',
      list: 'ManualJournals',
      doing: 'list manual journals',
      permissions,
      idField: 'ManualJournalID',
      pageSize,
      startAt: changedSince,
      query: {},
    }),
    idField: 'ManualJournalID',
    day: 'date of the journal',
    names: ['Narration'],
    nameTitle: 'narration or id',
    flaw: manualJournalFlaw,
  }),
})
