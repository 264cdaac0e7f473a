import { type BankTransaction, type Books, type Document, isPrepayment, openAmount } from './model.ts'
import { fromCents } from './money.ts'
import { accountId, accountOf } from './settings.ts'
import { instantText, msDay, msInstant, type Wire } from './wire.ts'
import { shortContact, slimContact } from './wire-contacts.ts'
import { allocationWire, type DocumentForm, lineWire, paymentInside } from './wire-documents.ts'

/** A prepayment or an overpayment. Its own id has the name of its kind, and a second one is called ID. */
export function paidAheadWire(books: Books, credit: Document, form: DocumentForm, unitDigits: 2 | 4): Wire {
  const named = isPrepayment(credit) ? 'PrepaymentID' : 'OverpaymentID'
  return {
    [named]: credit.id,
    ID: credit.id,
    Type: credit.type,
    ...(credit.reference ? { Reference: credit.reference } : {}),
    RemainingCredit: fromCents(openAmount(credit)),
    Allocations: credit.allocations.map(allocationWire),
    Payments: credit.payments.map(paymentInside),
    HasAttachments: false,
    CurrencyRate: credit.rate,
    ...shared(books, credit, form, unitDigits),
    UpdatedDateUTC: msInstant(credit.updated),
    UpdatedDateUTCString: instantText(credit.updated),
    Status: credit.status,
  }
}

export function bankTransactionWire(books: Books, one: BankTransaction, form: DocumentForm, unitDigits: 2 | 4): Wire {
  const { document, type } = one
  const account = accountOf(one.account)
  return {
    BankTransactionID: one.id,
    BankAccount: {
      AccountID: accountId(books.seed, one.account),
      Code: one.account,
      ...(account ? { Name: account.name } : {}),
    },
    Type: type,
    ...(one.reference ? { Reference: one.reference } : {}),
    IsReconciled: one.reconciled,
    HasAttachments: false,
    ...(type.endsWith('-PREPAYMENT') ? { PrepaymentID: document.id } : {}),
    ...(type.endsWith('-OVERPAYMENT') ? { OverpaymentID: document.id } : {}),
    ...shared(books, document, form, unitDigits),
    UpdatedDateUTC: msInstant(one.updated),
    Status: one.status,
  }
}

function shared(books: Books, document: Document, form: DocumentForm, unitDigits: 2 | 4): Wire {
  const lines = form === 'full' || form === 'paged' ? document.lines : []
  return {
    Contact: form === 'full' ? shortContact(document.contact) : slimContact(document.contact),
    DateString: `${new Date(document.date * 86_400_000).toISOString().slice(0, 10)}T00:00:00`,
    Date: msDay(document.date),
    LineAmountTypes: document.amountTypes,
    LineItems: lines.map((line) => lineWire(books, line, unitDigits)),
    SubTotal: fromCents(document.subTotal),
    TotalTax: fromCents(document.totalTax),
    Total: fromCents(document.total),
    CurrencyCode: document.currency,
  }
}
