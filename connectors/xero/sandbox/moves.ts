import { randomUUID } from 'node:crypto'
import {
  type Allocation,
  type Books,
  type Document,
  isCredit,
  isOverpayment,
  isPrepayment,
  type Payment,
} from './model.ts'
import type { Table } from './table.ts'
import { settle } from './settling.ts'
import type { World } from './world.ts'

/** The moves of money, unchecked: callers have made sure that they are allowed. Each bumps UpdatedDateUTC of all it touches. */
export function touchDocument(world: World, document: Document): void {
  tableOf(world.books, document).touch(document, world.clock.now())
}

function tableOf(books: Books, document: Document): Table<Document> {
  if (isPrepayment(document)) return books.prepayments
  if (isOverpayment(document)) return books.overpayments
  return isCredit(document) ? books.creditNotes : books.invoices
}

export function applyPayment(world: World, payment: Omit<Payment, 'id' | 'updated' | 'status'>): Payment {
  const made: Payment = { ...payment, id: randomUUID(), updated: world.clock.now(), status: 'AUTHORISED' }
  world.books.payments.insert(made)
  made.document.payments.push(made)
  made.document.paid += made.amount
  settle(made.document)
  touchDocument(world, made.document)
  return made
}

export function deletePayment(world: World, payment: Payment): void {
  const { document } = payment
  payment.status = 'DELETED'
  world.books.payments.touch(payment, world.clock.now())
  document.payments = document.payments.filter((other) => other !== payment)
  document.paid -= payment.amount
  settle(document)
  touchDocument(world, document)
}

export function applyCredit(
  world: World,
  credit: Document,
  invoice: Document,
  amount: number,
  date: number,
): Allocation {
  const allocation: Allocation = { id: randomUUID(), credit, invoice, amount, date }
  for (const document of [credit, invoice]) {
    document.allocations.push(allocation)
    document.credited += amount
    settle(document)
    touchDocument(world, document)
  }
  return allocation
}

export function removeCredit(world: World, allocation: Allocation): void {
  for (const document of [allocation.credit, allocation.invoice]) {
    document.allocations = document.allocations.filter((other) => other !== allocation)
    document.credited -= allocation.amount
    settle(document)
    touchDocument(world, document)
  }
}
