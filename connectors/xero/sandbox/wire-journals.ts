import type { Books, ManualJournal } from './model.ts'
import { fromCents } from './money.ts'
import { accountId } from './settings.ts'
import { msDay, msInstant, type Wire } from './wire.ts'

/** Lines only when the list is paged, or the journal is read by its id. */
export function journalWire(books: Books, journal: ManualJournal, withLines: boolean): Wire {
  return {
    Date: msDay(journal.date),
    Status: journal.status,
    LineAmountTypes: journal.amountTypes,
    UpdatedDateUTC: msInstant(journal.updated),
    ManualJournalID: journal.id,
    Narration: journal.narration,
    JournalLines: (withLines ? journal.lines : []).map((line) => ({
      LineAmount: fromCents(line.amount),
      AccountCode: line.account,
      AccountID: accountId(books.seed, line.account),
      ...(line.description ? { Description: line.description } : {}),
      TaxType: line.taxType,
      TaxAmount: fromCents(line.tax),
      Tracking: line.tracking,
      IsBlank: false,
    })),
    ...(journal.url ? { Url: journal.url } : {}),
    ShowOnCashBasisReports: journal.cashBasis,
    HasAttachments: false,
  }
}
