import { createBooks, type Books } from './model.ts'
import { DAY, dayOf } from './clock.ts'
import { createRandom } from './random.ts'
import { CONTACT_SPREAD, seedContacts } from './seed-contacts.ts'
import { seedCreditNotes } from './seed-credit-notes.ts'
import { seedInvoices } from './seed-documents.ts'
import { type MoneyCounts, seedMoney } from './seed-money.ts'

export type DataOptions = {
  readonly seed: number
  readonly contacts: number
  readonly invoices: number
  readonly creditNotes: number
  /** Money beside invoices; none when absent. */
  readonly money?: MoneyCounts
  /** The last day of the data, YYYY-MM-DD. Changes end at 18:00 UTC of it. */
  readonly today: string
}

/** The last instant the seeded data was changed at. */
export const seedEnd = (today: string): number => dayOf(today) * DAY + 18 * 3_600_000

/** Twenty-four months of books up to `today`, a function of its arguments alone. */
export function seedBooks(options: DataOptions): Books {
  const books = createBooks(options.seed)
  const random = createRandom(options.seed)
  const until = seedEnd(options.today)
  const from = until - 730 * DAY
  const who = seedContacts(books, random, options.contacts, from - CONTACT_SPREAD, from + CONTACT_SPREAD)
  if (options.contacts > 0) {
    const seeded = seedInvoices(books, random, who, options.invoices, from, until)
    const count = options.invoices > 0 ? options.creditNotes : 0
    books.creditNotes.fill(seedCreditNotes(books, random, seeded, count, until))
    if (options.money) seedMoney(books, seeded.invoices, options.money, until)
    // Last, because credit notes move the changes of their invoices.
    books.invoices.fill(seeded.invoices)
    books.payments.fill(seeded.payments)
  }
  return books
}
