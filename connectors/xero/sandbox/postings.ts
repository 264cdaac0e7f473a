import {
  type BankTransaction,
  type Document,
  isCredit,
  isOverpayment,
  isPrepayment,
  isSale,
  type ManualJournal,
} from './model.ts'
import { toBase } from './money.ts'
import type { World } from './world.ts'

/** One side of a booking, in cents of the base currency: debits above zero. */
export type Posting = { readonly account: string; readonly day: number; readonly amount: number }

const [RECEIVABLES, PAYABLES, TAX, GAINS, ROUNDING] = ['610', '800', '820', '499', '860']

/**
 * The double entry behind the books: everything in force, each booking balanced. What conversion leaves over goes to the
 * currency gains, cents of rounding to their own account. Money paid ahead stands in receivables or payables until it is
 * applied.
 */
export function* postings({ books }: World): Generator<Posting> {
  for (const document of books.invoices.ordered) yield* ofDocument(document)
  for (const document of books.creditNotes.ordered) yield* ofDocument(document)
  for (const payment of books.payments.ordered) {
    if (payment.status === 'DELETED') continue
    const { document, date: day } = payment
    const into = isSale(document) === isCredit(document) ? -1 : 1
    yield* balanced(day, GAINS, [
      [payment.account, into * toBase(payment.amount, payment.rate)],
      [controlOf(document), -into * toBase(payment.amount, document.rate)],
    ])
  }
  for (const transaction of books.bankTransactions.ordered) yield* ofTransaction(transaction)
  for (const credits of [books.creditNotes, books.prepayments, books.overpayments]) {
    for (const credit of credits.ordered) yield* ofAllocations(credit)
  }
  for (const journal of books.journals.ordered) yield* ofJournal(journal)
}

const controlOf = (document: Document): string => (isSale(document) ? RECEIVABLES! : PAYABLES!)

function* balanced(day: number, rest: string | undefined, sides: readonly (readonly [string, number])[]) {
  let sum = 0
  for (const [account, amount] of sides) {
    sum += amount
    if (amount !== 0) yield { account, day, amount }
  }
  if (sum !== 0) yield { account: rest!, day, amount: -sum }
}

function* ofDocument(document: Document): Generator<Posting> {
  if (document.status !== 'AUTHORISED' && document.status !== 'PAID') return
  const sign = isSale(document) === isCredit(document) ? -1 : 1
  yield* balanced(document.date, ROUNDING, [
    [controlOf(document), sign * toBase(document.total, document.rate)],
    ...linesOf(document, -sign),
  ])
}

function linesOf(document: Document, sign: number): [string, number][] {
  return document.lines.flatMap((line): [string, number][] => {
    if (line.account === '') return []
    const net = document.amountTypes === 'Inclusive' ? line.amount - line.taxAmount : line.amount
    return [
      [line.account, sign * toBase(net, document.rate)],
      [TAX!, sign * toBase(line.taxAmount, document.rate)],
    ]
  })
}

function* ofTransaction({ document, type, account, status, date }: BankTransaction): Generator<Posting> {
  if (status === 'DELETED') return
  const sign = type.startsWith('RECEIVE') ? 1 : -1
  const money = toBase(document.total, document.rate)
  const ahead = isPrepayment(document) || isOverpayment(document)
  yield* balanced(date, ROUNDING, [
    [account, sign * money],
    ...(ahead ? [[controlOf(document), -sign * money] as [string, number]] : linesOf(document, -sign)),
  ])
}

/** Both sides of an allocation are in one account; only rates differ. */
function* ofAllocations(credit: Document): Generator<Posting> {
  const sign = isSale(credit) ? 1 : -1
  for (const { amount, date, invoice } of credit.allocations) {
    const difference = toBase(amount, credit.rate) - toBase(amount, invoice.rate)
    yield* balanced(date, GAINS, [[controlOf(credit), sign * difference]])
  }
}

function* ofJournal({ status, date, lines, amountTypes }: ManualJournal): Generator<Posting> {
  if (status !== 'POSTED') return
  const sides = lines.flatMap((line): [string, number][] => [
    [line.account, amountTypes === 'Inclusive' ? line.amount - line.tax : line.amount],
    [TAX!, line.tax],
  ])
  yield* balanced(date, ROUNDING, sides)
}
