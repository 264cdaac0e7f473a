import { allocationProblems } from './allocation-writing.ts'
import { ControlRefused } from './control-refused.ts'
import { createSettingsControl, type SettingsControl } from './control-settings.ts'
import { organisationDay } from './clock.ts'
import { prepareContact } from './contact-writing.ts'
import { endDocument, prepareDocument } from './document-writing.ts'
import type { Fault } from './faults.ts'
import { isWire } from './input.ts'
import type { Limits } from './limits.ts'
import { type Document, openAmount } from './model.ts'
import { fromCents, toCents } from './money.ts'
import { applyCredit, applyPayment, deletePayment } from './moves.ts'
import { paymentProblems } from './payment-writing.ts'
import { findCreditNote, findInvoice } from './reading.ts'
import { dayRate } from './settings.ts'
import type { Spoilt } from './spoiling.ts'
import { type Totals, totalsOf } from './totals.ts'
import type { Wire } from './wire.ts'
import { fullContact } from './wire-contacts.ts'
import { creditNoteWire, invoiceWire, paymentWire } from './wire-documents.ts'
import { journalWire } from './wire-journals.ts'
import { paidAheadWire } from './wire-money.ts'
import { type LedgerEntry, noteWrite, type World } from './world.ts'

/**
 * What people do inside Xero while an integration runs, and what breaks around it. The same as the routes under
 * /control. Documents are named by id or number, contacts by id; amounts are in the document's currency.
 */
export type Control = SettingsControl & {
  /** The whole open amount when none is given. Answers with the payment. */
  pay(invoice: string, options?: { amount?: number }): Wire
  /** Deletes the newest payment, or the named one. */
  unpay(invoice: string, options?: { paymentId?: string }): Wire
  void(invoice: string): Wire
  /** Changes the sent fields (spelled as on the wire); without any, the reference and, if nothing is paid, a price. */
  edit(invoice: string, fields?: Wire): Wire
  /** Makes an authorised credit note over the amount, the whole open one when none is given, and applies it. */
  credit(invoice: string, options?: { amount?: number }): Wire
  editContact(contact: string, fields?: Wire): Wire
  archiveContact(contact: string): Wire
  /** Wire form of an invoice, credit note, payment, contact, journal, prepayment or overpayment. */
  document(idOrNumber: string): Wire | undefined
  totals(): Totals
  status(): Wire
  ledger(): readonly LedgerEntry[]
  setLimits(limits: Partial<Limits> | 'off'): void
  addFaults(faults: readonly Fault[]): void
  clearFaults(): void
  /** From now on the record with this id comes so; without `how`, as it stands in the books. */
  spoil(id: string, how?: Spoilt): void
  expireTokens(): void
  /** Moves the sandbox's clock forward. */
  advance(ms: number): void
  setAutoApprove(on: boolean): void
  /** A person removes the app inside Xero: no message, only refusals. */
  disconnect(): void
}

export function createControl(world: World): Control {
  const { books } = world
  let edits = 0

  const invoiceOf = (key: string): Document => {
    const invoice = findInvoice(world, key)
    if (!invoice) throw new ControlRefused(`No invoice ${key}.`)
    return invoice
  }
  const contactOf = (id: string) => {
    const contact = books.contacts.get(id.toLowerCase())
    if (!contact) throw new ControlRefused(`No contact ${id}.`)
    return contact
  }
  const today = (): number => organisationDay(world.clock.now())
  const note = (action: string, resource: string, id: string, body: unknown): void =>
    noteWrite(world, { method: 'CONTROL', path: `/control/${action}`, resource, id, body })
  const wireOf = (invoice: Document): Wire => invoiceWire(books, invoice, 'full', 4)
  const allow = (problems: readonly string[]): void => {
    if (problems.length > 0) throw new ControlRefused(problems.join(' '))
  }
  const amountOf = (invoice: Document, amount: number | undefined): number => {
    const cents = amount === undefined ? openAmount(invoice) : toCents(amount)
    if (cents === undefined || cents <= 0) throw new ControlRefused('The amount must be greater than zero.')
    return cents
  }

  return {
    ...createSettingsControl(world),
    pay(key, options = {}) {
      const invoice = invoiceOf(key)
      if (invoice.status !== 'AUTHORISED') allow(paymentProblems(invoice, 0))
      const amount = amountOf(invoice, options.amount)
      allow(paymentProblems(invoice, amount))
      const payment = applyPayment(world, {
        document: invoice,
        date: today(),
        amount,
        account: '090',
        rate: dayRate(invoice.currency, today()),
        reference: 'Paid in Xero',
        reconciled: true,
      })
      note('invoices/pay', 'Payments', payment.id, { InvoiceID: invoice.id, Amount: fromCents(amount) })
      return paymentWire(books, payment)
    },
    unpay(key, options = {}) {
      const invoice = invoiceOf(key)
      const payment = options.paymentId
        ? invoice.payments.find((one) => one.id === options.paymentId)
        : invoice.payments.at(-1)
      if (!payment) throw new ControlRefused(`Invoice ${invoice.number} has no such payment.`)
      deletePayment(world, payment)
      note('invoices/unpay', 'Payments', payment.id, { InvoiceID: invoice.id })
      return wireOf(invoice)
    },
    void(key) {
      const invoice = invoiceOf(key)
      if (invoice.status === 'DRAFT' || invoice.status === 'SUBMITTED') endDocument(world, invoice, 'DELETED')
      else if (invoice.status !== 'AUTHORISED')
        throw new ControlRefused(`A ${invoice.status} invoice cannot be voided.`)
      else if (invoice.payments.length + invoice.allocations.length > 0) {
        throw new ControlRefused('Payments or credit notes are applied to it; take them off first.')
      } else endDocument(world, invoice, 'VOIDED')
      note('invoices/void', 'Invoices', invoice.id, { Status: invoice.status })
      return wireOf(invoice)
    },
    edit(key, fields = {}) {
      const invoice = invoiceOf(key)
      const element = Object.keys(fields).length > 0 ? fields : defaultEdit(invoice, ++edits, wireOf(invoice))
      const prepared = prepareDocument(world, element, {
        kind: 'Invoice',
        method: 'POST',
        unitDigits: 4,
        existing: invoice,
      })
      allow(prepared.errors)
      prepared.commit()
      note('invoices/edit', 'Invoices', invoice.id, element)
      return wireOf(invoice)
    },
    credit(key, options = {}) {
      const invoice = invoiceOf(key)
      if (invoice.status !== 'AUTHORISED') throw new ControlRefused(`A ${invoice.status} invoice cannot be credited.`)
      const amount = amountOf(invoice, options.amount)
      if (amount > openAmount(invoice)) throw new ControlRefused('The amount is larger than what is due.')
      const sale = invoice.type === 'ACCREC'
      const prepared = prepareDocument(
        world,
        {
          Type: `${invoice.type}CREDIT`,
          Contact: { ContactID: invoice.contact.id },
          Status: 'AUTHORISED',
          LineAmountTypes: 'Inclusive',
          CurrencyCode: invoice.currency,
          CurrencyRate: invoice.rate,
          Reference: invoice.number,
          LineItems: [
            {
              Description: `Credit for ${invoice.number}`,
              Quantity: 1,
              UnitAmount: fromCents(amount),
              AccountCode: sale ? '200' : '429',
            },
          ],
        },
        { kind: 'CreditNote', method: 'PUT', unitDigits: 4 },
      )
      allow(prepared.errors)
      const credit = books.creditNotes.get(prepared.commit().id)
      if (!credit) throw new Error('The credit note just made is not in the books.')
      allow(allocationProblems(credit, invoice, amount))
      applyCredit(world, credit, invoice, amount, today())
      note('invoices/credit', 'CreditNotes', credit.id, { InvoiceID: invoice.id, Amount: fromCents(amount) })
      return creditNoteWire(books, credit, 'full', 4)
    },
    editContact(id, fields = {}) {
      const contact = contactOf(id)
      const element =
        Object.keys(fields).length > 0
          ? fields
          : { Phones: [{ PhoneType: 'MOBILE', PhoneNumber: String(700_000 + ++edits), PhoneAreaCode: '07700' }] }
      const prepared = prepareContact(world, element, 'POST', contact)
      allow(prepared.errors)
      const { wire } = prepared.commit()
      note('contacts/edit', 'Contacts', contact.id, element)
      return wire
    },
    archiveContact(id) {
      const contact = contactOf(id)
      const prepared = prepareContact(world, { ContactStatus: 'ARCHIVED' }, 'POST', contact)
      allow(prepared.errors)
      const { wire } = prepared.commit()
      note('contacts/archive', 'Contacts', contact.id, { ContactStatus: 'ARCHIVED' })
      return wire
    },
    document(key) {
      const contact = books.contacts.get(key.toLowerCase())
      if (contact) return fullContact(contact, today())
      const id = key.toLowerCase()
      const journal = books.journals.get(id)
      if (journal) return journalWire(books, journal, true)
      const ahead = books.prepayments.get(id) ?? books.overpayments.get(id)
      if (ahead) return paidAheadWire(books, ahead, 'full', 4)
      const payment = books.payments.get(id)
      if (payment) return paymentWire(books, payment)
      const credit = findCreditNote(world, key)
      if (credit) return creditNoteWire(books, credit, 'full', 4)
      const invoice = findInvoice(world, key)
      return invoice ? wireOf(invoice) : undefined
    },
    totals: () => totalsOf(world),
    status: () => ({
      tenantId: world.tenantId,
      clientId: world.clientId,
      now: new Date(world.clock.now()).toISOString(),
      connected: world.connection !== undefined,
      autoApprove: world.autoApprove,
      limits: finite(world.limiter.limits),
      inProgress: world.limiter.inProgress,
      admitted: world.limiter.admitted,
      breaches: { ...world.limiter.breaches },
      counts: {
        contacts: books.contacts.size,
        invoices: books.invoices.size,
        creditNotes: books.creditNotes.size,
        payments: books.payments.size,
        journals: books.journals.size,
        prepayments: books.prepayments.size,
        overpayments: books.overpayments.size,
        bankTransactions: books.bankTransactions.size,
        ledger: world.ledger.length,
      },
      requests: {
        total: world.requests.total,
        byRoute: Object.fromEntries(world.requests.byRoute),
        last: world.requests.last,
      },
      faults: world.faults.pending,
    }),
    ledger: () => world.ledger,
    setLimits: (limits) => world.limiter.set(limits),
    addFaults: (faults) => world.faults.add(faults),
    clearFaults: () => world.faults.clear(),
    expireTokens: () => world.tokens.expireAll(),
    advance: (ms) => world.clock.advance(ms),
    setAutoApprove: (on) => {
      world.autoApprove = on
    },
    spoil: (id, how) => {
      if (how) world.spoilt.set(id.toLowerCase(), how)
      else world.spoilt.delete(id.toLowerCase())
    },
    disconnect: () => {
      world.connection = undefined
    },
  }
}

/** JSON has no Infinity: a limit that is off shows as null. */
function finite(limits: Limits): Wire {
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, value === Infinity ? null : value]))
}

/** A plausible edit: a new reference, and a penny more on the first priced line while nothing is applied. */
function defaultEdit(invoice: Document, n: number, wire: Wire): Wire {
  const reference =
    invoice.type === 'ACCREC' ? { Reference: `Edited in Xero ${n}` } : { Url: `https://sandbox.example/${n}` }
  const free = invoice.payments.length + invoice.allocations.length === 0 && invoice.status !== 'PAID'
  if (!free || !Array.isArray(wire.LineItems)) return reference
  let raised = false
  const lines = wire.LineItems.filter(isWire).map(({ LineAmount: _amount, TaxAmount: _tax, ...line }) => {
    if (raised || typeof line.UnitAmount !== 'number') return line
    raised = true
    return { ...line, UnitAmount: Math.round(line.UnitAmount * 100 + 1) / 100 }
  })
  return { ...reference, LineItems: lines }
}
