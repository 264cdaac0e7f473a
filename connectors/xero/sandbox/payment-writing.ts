import { malformed, Refused } from './answers.ts'
import { type Prepared, ZERO_ID } from './batch.ts'
import { organisationDay } from './clock.ts'
import { dayField, field, objectField, textField } from './input.ts'
import { lockProblems } from './locks.ts'
import { type Document, openAmount, type Payment } from './model.ts'
import { toCents } from './money.ts'
import { applyPayment, deletePayment } from './moves.ts'
import { findCreditNote, findInvoice } from './reading.ts'
import { accountOf, accountWithId, BASE_CURRENCY, dayRate, takesPayments } from './settings.ts'
import type { Wire } from './wire.ts'
import { paymentWire } from './wire-documents.ts'
import type { World } from './world.ts'

/** A payment on an invoice or bill, or a cash refund of a credit note. */
export function preparePayment(world: World, element: Wire): Prepared {
  const errors: string[] = []
  const document = targetOf(world, element)
  const amount = amountField(element)
  const account = accountOfPayment(world, element)
  const date = dayField(element, 'Date') ?? organisationDay(world.clock.now())
  if (!document) errors.push('Payment must be against an existing invoice or credit note.')
  if (!account) errors.push('The account is missing, unknown, or does not accept payments.')
  if (amount === undefined || amount <= 0) errors.push('The payment amount must be greater than zero.')
  if (document && amount !== undefined) errors.push(...paymentProblems(document, amount))
  errors.push(...lockProblems(world.books, date, 'payment'))
  return {
    errors,
    echo: { PaymentID: ZERO_ID },
    commit: () => {
      if (!document || !account || amount === undefined) throw new Error('A refused payment was committed.')
      const sentRate = Number(field(element, 'CurrencyRate') ?? Number.NaN)
      const payment = applyPayment(world, {
        document,
        date,
        amount,
        account: account.code,
        rate: document.currency === BASE_CURRENCY ? 1 : sentRate > 0 ? sentRate : dayRate(document.currency, date),
        reference: textField(element, 'Reference') ?? '',
        reconciled: field(element, 'IsReconciled') === true,
      })
      return { id: payment.id, wire: paymentWire(world.books, payment) }
    },
  }
}

/** Both together when the document is already paid, as Xero's own log shows. */
export function paymentProblems(document: Document, amount: number): string[] {
  const errors: string[] = []
  if (amount > openAmount(document)) errors.push('Payment amount exceeds the amount outstanding on this document')
  if (document.status !== 'AUTHORISED') errors.push('Payments can only be made against Authorised documents')
  return errors
}

export function preparePaymentDelete(world: World, element: Wire, payment: Payment): Prepared {
  const errors: string[] = []
  if (textField(element, 'Status') !== 'DELETED') errors.push('A payment can only be changed to the status DELETED.')
  if (payment.status === 'DELETED') errors.push('Payment not of valid status for modification')
  errors.push(...lockProblems(world.books, payment.date, 'payment'))
  return {
    errors,
    echo: { PaymentID: payment.id },
    commit: () => {
      deletePayment(world, payment)
      return { id: payment.id, wire: paymentWire(world.books, payment) }
    },
  }
}

function targetOf(world: World, element: Wire): Document | undefined {
  const invoice = objectField(element, 'Invoice')
  const credit = objectField(element, 'CreditNote')
  const invoiceKey =
    (invoice && (textField(invoice, 'InvoiceID') ?? textField(invoice, 'InvoiceNumber'))) ??
    textField(element, 'InvoiceNumber')
  const creditKey =
    (credit && (textField(credit, 'CreditNoteID') ?? textField(credit, 'CreditNoteNumber'))) ??
    textField(element, 'CreditNoteNumber')
  if (creditKey) return findCreditNote(world, creditKey)
  const [prepayment, overpayment] = (['Prepayment', 'Overpayment'] as const).map((kind) => {
    const given = objectField(element, kind)
    return given && textField(given, `${kind}ID`)?.toLowerCase()
  })
  if (prepayment) return world.books.prepayments.get(prepayment)
  if (overpayment) return world.books.overpayments.get(overpayment)
  return invoiceKey ? findInvoice(world, invoiceKey) : undefined
}

function accountOfPayment(world: World, element: Wire) {
  const given = objectField(element, 'Account')
  const id = given && textField(given, 'AccountID')
  const code = (given && textField(given, 'Code')) ?? textField(element, 'Code')
  const account = id ? accountWithId(world.books.seed, id) : code ? accountOf(code) : undefined
  if (!account || world.books.archivedAccounts.has(account.code)) return undefined
  return takesPayments(account) ? account : undefined
}

function amountField(element: Wire): number | undefined {
  const sent = field(element, 'Amount')
  const amount = toCents(sent)
  if (sent !== undefined && amount === undefined)
    throw new Refused(malformed(`'${String(sent)}' in Amount is no number.`))
  return amount
}
