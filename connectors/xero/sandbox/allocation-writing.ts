import { type Answer, json, notFound } from './answers.ts'
import { type Prepared, ZERO_ID } from './batch.ts'
import { organisationDay } from './clock.ts'
import { dayField, field, objectField, textField } from './input.ts'
import { lockProblems } from './locks.ts'
import { type Document, isSale, openAmount } from './model.ts'
import { toCents } from './money.ts'
import { applyCredit, removeCredit } from './moves.ts'
import { findInvoice } from './reading.ts'
import type { Wire } from './wire.ts'
import { allocationWire } from './wire-documents.ts'
import { noteWrite, type World } from './world.ts'

/** Applies part of a credit note to an invoice of the same side, contact and currency. */
export function prepareAllocation(world: World, element: Wire, credit: Document): Prepared {
  const given = objectField(element, 'Invoice')
  const key = given && (textField(given, 'InvoiceID') ?? textField(given, 'InvoiceNumber'))
  const invoice = key ? findInvoice(world, key) : undefined
  const amount = toCents(field(element, 'Amount')) ?? 0
  const date = dayField(element, 'Date') ?? organisationDay(world.clock.now())
  const errors = invoice
    ? [...allocationProblems(credit, invoice, amount), ...lockProblems(world.books, date, 'allocation')]
    : ['The invoice to allocate to could not be found.']
  return {
    errors,
    echo: { AllocationID: ZERO_ID },
    commit: () => {
      if (!invoice) throw new Error('A refused allocation was committed.')
      const allocation = applyCredit(world, credit, invoice, amount, date)
      return { id: allocation.id, wire: allocationWire(allocation) }
    },
  }
}

export function allocationProblems(credit: Document, invoice: Document, amount: number): string[] {
  const errors: string[] = []
  if (amount <= 0) errors.push('The allocation amount must be greater than zero.')
  if (credit.status !== 'AUTHORISED')
    errors.push('Only an authorised credit note with remaining credit can be allocated.')
  if (invoice.status !== 'AUTHORISED') errors.push('Credit can only be allocated to authorised invoices.')
  if (amount > openAmount(credit)) errors.push('The allocation amount exceeds the remaining credit.')
  if (amount > openAmount(invoice)) errors.push('The allocation amount exceeds the amount due on the invoice.')
  if (isSale(credit) !== isSale(invoice))
    errors.push('A sales credit cannot be allocated to a bill, nor the other way round.')
  if (credit.contact !== invoice.contact) errors.push('The credit note and the invoice belong to different contacts.')
  if (credit.currency !== invoice.currency) errors.push('The credit note and the invoice are in different currencies.')
  return errors
}

/** Answers with the bare allocation, marked as deleted, without the envelope of other answers. */
export function deleteAllocation(world: World, credit: Document, id: string, path: string): Answer {
  const allocation = credit.allocations.find((one) => one.id === id.toLowerCase())
  if (!allocation) return notFound()
  removeCredit(world, allocation)
  noteWrite(world, { method: 'DELETE', path, resource: 'Allocations', id: allocation.id, body: null })
  return json(200, { ...allocationWire(allocation), IsDeleted: true })
}
