import {
  type Allocation,
  type Books,
  type Document,
  isCredit,
  isOverpayment,
  isPrepayment,
  isSale,
  type Line,
  openAmount,
  type Payment,
} from './model.ts'
import { fromCents, roundDivide, toBase } from './money.ts'
import { ID_KIND, uuidOf } from './random.ts'
import { accountId, accountOf } from './settings.ts'
import { dayText, instantText, msDay, msInstant, type Wire } from './wire.ts'
import { shortContact, slimContact } from './wire-contacts.ts'

/**
 * full: a read by id and the answer to a write. paged: lists with line items. list: unpaged lists, no line items.
 * summary: summaryOnly=true.
 */
export type DocumentForm = 'full' | 'paged' | 'list' | 'summary'

export function invoiceWire(books: Books, invoice: Document, form: DocumentForm, unitDigits: 2 | 4): Wire {
  const hasLines = form === 'full' || form === 'paged'
  return {
    Type: invoice.type,
    InvoiceID: invoice.id,
    InvoiceNumber: invoice.number,
    // Only sales documents carry a reference; a bill's number is what the screen calls so.
    ...(invoice.type === 'ACCREC' ? { Reference: invoice.reference } : {}),
    ...(form === 'summary' ? {} : { Payments: invoice.payments.map(paymentInside) }),
    CreditNotes: invoice.allocations.filter(({ credit }) => credit.type.endsWith('CREDIT')).map(creditInside),
    Prepayments: invoice.allocations.filter(({ credit }) => isPrepayment(credit)).map(aheadInside('PrepaymentID')),
    Overpayments: invoice.allocations.filter(({ credit }) => isOverpayment(credit)).map(aheadInside('OverpaymentID')),
    AmountDue: fromCents(openAmount(invoice)),
    AmountPaid: fromCents(invoice.paid),
    AmountCredited: fromCents(invoice.credited),
    ...(invoice.url ? { Url: invoice.url } : {}),
    SentToContact: invoice.sent,
    CurrencyRate: invoice.rate,
    IsDiscounted: invoice.lines.some((line) => line.discountRate !== 0 || line.discountAmount !== 0),
    ...(form === 'summary' ? {} : { HasAttachments: false }),
    HasErrors: false,
    InvoiceAddresses: [],
    InvoicePaymentServices: [],
    ...(hasLines ? totalDiscount(invoice) : {}),
    ...shared(books, invoice, form, unitDigits),
    ...(invoice.due === null ? {} : { DueDateString: dayText(invoice.due), DueDate: msDay(invoice.due) }),
  }
}

export function creditNoteWire(books: Books, note: Document, form: DocumentForm, unitDigits: 2 | 4): Wire {
  return {
    CreditNoteID: note.id,
    CreditNoteNumber: note.number,
    ID: note.id,
    Type: note.type,
    Reference: note.reference,
    Payments: note.payments.map(paymentInside),
    RemainingCredit: fromCents(openAmount(note)),
    Allocations: note.allocations.map(allocationWire),
    SentToContact: note.sent,
    CurrencyRate: note.rate,
    HasAttachments: false,
    HasErrors: false,
    InvoiceAddresses: [],
    ...shared(books, note, form, unitDigits),
  }
}

function shared(books: Books, document: Document, form: DocumentForm, unitDigits: 2 | 4): Wire {
  const lines = form === 'full' || form === 'paged' ? document.lines : []
  return {
    Contact: form === 'full' ? shortContact(document.contact) : slimContact(document.contact),
    DateString: dayText(document.date),
    Date: msDay(document.date),
    Status: document.status,
    LineAmountTypes: document.amountTypes,
    ...(form === 'summary' ? {} : { LineItems: lines.map((line) => lineWire(books, line, unitDigits)) }),
    SubTotal: fromCents(document.subTotal),
    TotalTax: fromCents(document.totalTax),
    Total: fromCents(document.total),
    UpdatedDateUTC: msInstant(document.updated),
    UpdatedDateUTCString: instantText(document.updated),
    CurrencyCode: document.currency,
    ...(document.fullyPaid === null ? {} : { FullyPaidOnDate: msDay(document.fullyPaid) }),
  }
}

function totalDiscount(document: Document): Wire {
  let gross = 0
  for (const line of document.lines) {
    if (line.quantity !== null && line.unit !== null && (line.discountRate !== 0 || line.discountAmount !== 0)) {
      gross += Math.round((line.quantity * line.unit) / 1_000_000) - line.amount
    }
  }
  return gross === 0 ? {} : { TotalDiscount: fromCents(gross) }
}

export function lineWire(books: Books, line: Line, unitDigits: 2 | 4): Wire {
  const LineItemID = uuidOf(books.seed, ID_KIND.line, line.n)
  if (line.quantity === null || line.unit === null) {
    return { LineItemID, Description: line.description, LineAmount: 0, TaxAmount: 0, Tracking: [] }
  }
  return {
    LineItemID,
    Description: line.description,
    Quantity: line.quantity / 10_000,
    // Without unitdp=4 a reader sees two places only, whatever is stored.
    UnitAmount: unitDigits === 4 ? line.unit / 10_000 : roundDivide(line.unit, 100) / 100,
    ...(line.itemCode ? { ItemCode: line.itemCode } : {}),
    ...(line.discountRate ? { DiscountRate: line.discountRate / 10_000 } : {}),
    ...(line.discountAmount ? { DiscountAmount: fromCents(line.discountAmount) } : {}),
    LineAmount: fromCents(line.amount),
    ...(line.tax ? { TaxType: line.tax } : {}),
    TaxAmount: fromCents(line.taxAmount),
    ...(line.account ? { AccountCode: line.account, AccountID: accountId(books.seed, line.account) } : {}),
    Tracking: line.tracking,
  }
}

export function paymentInside(payment: Payment): Wire {
  return {
    PaymentID: payment.id,
    Date: msDay(payment.date),
    Amount: fromCents(payment.amount),
    ...(payment.reference ? { Reference: payment.reference } : {}),
    CurrencyRate: payment.rate,
    HasAccount: false,
    HasValidationErrors: false,
  }
}

function creditInside(allocation: Allocation): Wire {
  const { credit } = allocation
  return {
    CreditNoteID: credit.id,
    CreditNoteNumber: credit.number,
    ID: credit.id,
    AppliedAmount: fromCents(allocation.amount),
    Date: msDay(allocation.date),
    Total: fromCents(credit.total),
  }
}

const aheadInside =
  (named: 'PrepaymentID' | 'OverpaymentID') =>
  ({ credit, amount, date }: Allocation): Wire => ({
    [named]: credit.id,
    AppliedAmount: fromCents(amount),
    Date: msDay(date),
    Total: fromCents(credit.total),
  })

export function allocationWire(allocation: Allocation): Wire {
  return {
    AllocationID: allocation.id,
    Amount: fromCents(allocation.amount),
    Date: msDay(allocation.date),
    Invoice: { InvoiceID: allocation.invoice.id, InvoiceNumber: allocation.invoice.number },
  }
}

/** What was paid, or paid back. */
export function paymentType(document: Document): string {
  const sale = isSale(document)
  if (!isCredit(document)) return sale ? 'ACCRECPAYMENT' : 'ACCPAYPAYMENT'
  const what = isPrepayment(document) ? 'PREPAYMENT' : isOverpayment(document) ? 'OVERPAYMENT' : 'CREDIT'
  return `${sale ? 'AR' : 'AP'}${what}PAYMENT`
}

/** Refunds show their credit note under Invoice, with the credit note's type. */
export function paymentWire(books: Books, payment: Payment): Wire {
  const { document } = payment
  const account = accountOf(payment.account)
  return {
    PaymentID: payment.id,
    Date: msDay(payment.date),
    // The bank account is in the base currency: foreign amount divided by the rate.
    BankAmount: fromCents(toBase(payment.amount, payment.rate)),
    Amount: fromCents(payment.amount),
    Reference: payment.reference,
    CurrencyRate: payment.rate,
    PaymentType: paymentType(document),
    Status: payment.status,
    UpdatedDateUTC: msInstant(payment.updated),
    UpdatedDateUTCString: instantText(payment.updated),
    HasAccount: true,
    IsReconciled: payment.reconciled,
    Account: {
      AccountID: accountId(books.seed, payment.account),
      Code: payment.account,
      ...(account ? { Name: account.name } : {}),
    },
    ...(isPrepayment(document) ? { Prepayment: { PrepaymentID: document.id } } : {}),
    ...(isOverpayment(document) ? { Overpayment: { OverpaymentID: document.id } } : {}),
    ...(isPrepayment(document) || isOverpayment(document) ? {} : { Invoice: paidInside(document) }),
    HasValidationErrors: false,
  }
}

function paidInside(document: Document): Wire {
  return {
    Type: document.type,
    InvoiceID: document.id,
    InvoiceNumber: document.number,
    Payments: [],
    CreditNotes: [],
    Prepayments: [],
    Overpayments: [],
    HasErrors: false,
    IsDiscounted: false,
    Contact: slimContact(document.contact),
    LineItems: [],
    CurrencyCode: document.currency,
  }
}
