import { randomUUID } from 'node:crypto'
import { malformed, Refused } from './answers.ts'
import { type Prepared, ZERO_ID } from './batch.ts'
import { organisationDay } from './clock.ts'
import { chooseContact, NOBODY } from './contact-writing.ts'
import { dayField, field, objectField, textField } from './input.ts'
import { readLines } from './line-input.ts'
import { addUp } from './lines.ts'
import { lockProblems } from './locks.ts'
import { type BankTransaction, type Document, type DocumentType, newSums } from './model.ts'
import type { AmountTypes } from './money.ts'
import { accountOf, accountWithId, BASE_CURRENCY, CURRENCIES, dayRate } from './settings.ts'
import type { Wire } from './wire.ts'
import { bankTransactionWire } from './wire-money.ts'
import type { World } from './world.ts'

const TYPES = [
  'RECEIVE',
  'SPEND',
  'RECEIVE-PREPAYMENT',
  'SPEND-PREPAYMENT',
  'RECEIVE-OVERPAYMENT',
  'SPEND-OVERPAYMENT',
] as const

/** Money received or spent; a prepayment or an overpayment comes into being beside it. */
export function prepareBankTransaction(
  world: World,
  element: Wire,
  unitDigits: 2 | 4,
  existing?: BankTransaction,
): Prepared {
  if (existing) return prepareDelete(world, element, existing, unitDigits)
  const { books } = world
  const type = TYPES.find((known) => known === textField(element, 'Type'))
  if (!type) throw new Refused(malformed(`The value '${textField(element, 'Type') ?? ''}' is not valid for Type.`))
  const over = type.endsWith('-OVERPAYMENT')
  const errors: string[] = []
  const given = objectField(element, 'BankAccount')
  const [code, id] = [given && textField(given, 'Code'), given && textField(given, 'AccountID')]
  const account = id ? accountWithId(books.seed, id) : code ? accountOf(code) : undefined
  if (account?.type !== 'BANK') errors.push('The BankAccount is missing, unknown, or is no bank account.')
  const contact = chooseContact(world, objectField(element, 'Contact'))
  errors.push(...contact.errors)
  const date = dayField(element, 'Date') ?? organisationDay(world.clock.now())
  errors.push(...lockProblems(books, date))
  const currency = textField(element, 'CurrencyCode') || BASE_CURRENCY
  if (!CURRENCIES.includes(currency)) errors.push(`Users Organisation is not subscribed to currency ${currency}`)
  // An overpayment stands in the receivables themselves: no account and no tax of its own.
  const lines = readLines(books, element, [], { unitDigits, sale: type.startsWith('RECEIVE'), complete: !over })
  if (!lines || lines.lines.length === 0) errors.push('One or more line items must be specified')
  errors.push(...(lines?.errors ?? []))
  const document: Document = {
    id: randomUUID(),
    // RECEIVE and SPEND are of no document's kind and never leave this transaction.
    type: type as DocumentType,
    updated: world.clock.now(),
    number: '',
    reference: textField(element, 'Reference') ?? '',
    contact: NOBODY,
    date,
    due: null,
    status: 'AUTHORISED',
    // spelled like those of documents; NoTax for what carries none
    amountTypes: over ? 'NoTax' : ((textField(element, 'LineAmountTypes') || 'Exclusive') as AmountTypes),
    currency,
    rate: currency === BASE_CURRENCY ? 1 : Number(field(element, 'CurrencyRate') ?? dayRate(currency, date)),
    lines: lines?.lines ?? [],
    ...newSums(),
    sent: false,
    url: '',
    createdByApi: true,
  }
  addUp(document, lines?.taxes)
  if (document.total <= 0) errors.push('The total of a bank transaction must be more than zero.')
  return {
    errors: [...new Set(errors)],
    echo: { BankTransactionID: ZERO_ID },
    commit: () => {
      document.contact = contact.resolve()
      document.updated = world.clock.now()
      const made: BankTransaction = {
        id: randomUUID(),
        updated: document.updated,
        type,
        contact: document.contact,
        account: account?.code ?? '',
        date,
        reference: document.reference,
        document,
        status: 'AUTHORISED',
        reconciled: field(element, 'IsReconciled') === true,
      }
      keep(world, made)
      return { id: made.id, wire: bankTransactionWire(books, made, 'full', unitDigits) }
    },
  }
}

function keep({ books }: World, made: BankTransaction): void {
  const { document } = made
  books.bankTransactions.insert(made)
  if (made.type.endsWith('-PREPAYMENT')) books.prepayments.insert(document)
  else if (made.type.endsWith('-OVERPAYMENT')) books.overpayments.insert(document)
  else return
  document.contact.documents.push(document)
}

function prepareDelete(world: World, element: Wire, existing: BankTransaction, unitDigits: 2 | 4): Prepared {
  const errors: string[] = []
  const { document } = existing
  if (textField(element, 'Status') !== 'DELETED')
    errors.push('This sandbox changes a bank transaction to DELETED only.')
  if (existing.status === 'DELETED') errors.push('Bank transaction not of valid status for modification')
  if (document.payments.length + document.allocations.length > 0) {
    errors.push('This document cannot be edited as it has a payment or credit note allocated to it.')
  }
  errors.push(...lockProblems(world.books, existing.date))
  return {
    errors,
    echo: { BankTransactionID: existing.id },
    commit: () => {
      const now = world.clock.now()
      existing.status = 'DELETED'
      world.books.bankTransactions.touch(existing, now)
      const { prepayments, overpayments } = world.books
      const table = [prepayments, overpayments].find((one) => one.get(document.id))
      if (table) {
        document.status = 'VOIDED'
        table.touch(document, now)
      }
      return { id: existing.id, wire: bankTransactionWire(world.books, existing, 'full', unitDigits) }
    },
  }
}
