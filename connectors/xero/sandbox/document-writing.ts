import { randomUUID } from 'node:crypto'
import { malformed, Refused } from './answers.ts'
import { type Prepared, ZERO_ID } from './batch.ts'
import { organisationDay } from './clock.ts'
import { chooseContact, NOBODY } from './contact-writing.ts'
import { dayField, field, objectField, textField } from './input.ts'
import { type ReadLines, readLines, sameMoney } from './line-input.ts'
import { type DocumentKind, giveNumber } from './document-numbers.ts'
import { addUp } from './lines.ts'
import { lockProblems } from './locks.ts'
import { type Contact, type Document, type DocumentStatus, type DocumentType, newSums } from './model.ts'
import type { AmountTypes } from './money.ts'
import { touchDocument } from './moves.ts'
import { BASE_CURRENCY, CURRENCIES, dayRate } from './settings.ts'
import { settle } from './settling.ts'
import type { Wire } from './wire.ts'
import { creditNoteWire, invoiceWire } from './wire-documents.ts'
import type { World } from './world.ts'

const TYPES: { readonly [kind in DocumentKind]: readonly string[] } = {
  Invoice: ['ACCREC', 'ACCPAY'],
  CreditNote: ['ACCRECCREDIT', 'ACCPAYCREDIT'],
}
const AMOUNT_TYPES: readonly string[] = ['Exclusive', 'Inclusive', 'NoTax']
const STATUSES: readonly string[] = ['DRAFT', 'SUBMITTED', 'AUTHORISED', 'DELETED', 'VOIDED', 'PAID']

/** Where a status may go by a caller's wish. PAID comes and goes with the balance alone. */
const MAY_BECOME: { readonly [status in DocumentStatus]: readonly DocumentStatus[] } = {
  DRAFT: ['DRAFT', 'SUBMITTED', 'AUTHORISED', 'DELETED'],
  SUBMITTED: ['SUBMITTED', 'DRAFT', 'AUTHORISED', 'DELETED'],
  AUTHORISED: ['AUTHORISED', 'VOIDED'],
  PAID: ['PAID', 'AUTHORISED', 'VOIDED'],
  VOIDED: [],
  DELETED: [],
}

export type DocumentRequest = {
  readonly kind: DocumentKind
  readonly method: string
  readonly unitDigits: 2 | 4
  /** Named by the path. */
  readonly existing?: Document
}

export function prepareDocument(world: World, element: Wire, request: DocumentRequest): Prepared {
  checkSpelling(element)
  const { books } = world
  const { kind } = request
  const id = textField(element, `${kind}ID`)?.toLowerCase()
  const table = kind === 'Invoice' ? books.invoices : books.creditNotes
  const numbers = kind === 'Invoice' ? books.salesNumbers : books.creditNumbers
  const number = textField(element, `${kind}Number`)
  const sale = textField(element, 'Type') !== 'ACCPAY'
  const sameNumber = number && sale ? numbers.get(number.toLowerCase()) : undefined
  const byId = id && id !== ZERO_ID ? table.get(id) : undefined
  const target = request.existing ?? byId ?? (request.method === 'POST' && !id ? sameNumber : undefined)
  if (target) return prepareChange(world, element, target, request, sameNumber)
  const prepared = prepareNew(world, element, request)
  const errors = [...prepared.errors]
  if (id && id !== ZERO_ID) errors.push(`${named(kind)} ${id} could not be found.`)
  if (sameNumber) errors.push(`${named(kind)} # must be unique.`)
  return { ...prepared, errors }
}

const named = (kind: DocumentKind): string => (kind === 'Invoice' ? 'Invoice' : 'Credit note')

/** Values outside Xero's lists are no validation errors but data that cannot be read. */
function checkSpelling(element: Wire): void {
  const checks: [string, readonly string[]][] = [
    ['LineAmountTypes', AMOUNT_TYPES],
    ['Status', STATUSES],
    ['Type', [...TYPES.Invoice, ...TYPES.CreditNote]],
  ]
  for (const [name, allowed] of checks) {
    const value = textField(element, name)
    if (value && !allowed.includes(value))
      throw new Refused(malformed(`The value '${value}' is not valid for ${name}.`))
  }
}

function prepareNew(world: World, element: Wire, request: DocumentRequest): Prepared {
  const { kind } = request
  const errors: string[] = []
  const type = textField(element, 'Type')
  if (!type || !TYPES[kind].includes(type)) errors.push(`The document type ${type ?? ''} is not valid.`)
  const status = (textField(element, 'Status') || 'DRAFT') as DocumentStatus // spelled right: checkSpelling
  if (!['DRAFT', 'SUBMITTED', 'AUTHORISED'].includes(status))
    errors.push(`${named(kind)} not of valid status for creation`)
  const contact = chooseContact(world, objectField(element, 'Contact'))
  errors.push(...contact.errors)
  const draft: Document = {
    id: randomUUID(),
    // An unknown type is among the errors, and then this is never kept.
    type: (type ?? 'ACCREC') as DocumentType,
    updated: world.clock.now(),
    number: '',
    reference: '',
    contact: NOBODY,
    date: organisationDay(world.clock.now()),
    due: null,
    status,
    amountTypes: 'Exclusive',
    currency: BASE_CURRENCY,
    rate: 1,
    lines: [],
    ...newSums(),
    sent: false,
    url: '',
    createdByApi: true,
  }
  const lines = readLines(world.books, element, [], lineRules(draft, status, request))
  errors.push(...change(world, draft, element, lines))
  if (!lines || lines.lines.length === 0) errors.push('One or more line items must be specified')
  errors.push(...authorisable(draft))
  return {
    errors: [...new Set(errors)],
    echo: { [`${kind}ID`]: ZERO_ID },
    commit: () => {
      draft.contact = contact.resolve()
      draft.contact.documents.push(draft)
      giveNumber(world, draft, textField(element, `${kind}Number`), kind)
      settle(draft)
      draft.updated = world.clock.now()
      const table = kind === 'Invoice' ? world.books.invoices : world.books.creditNotes
      table.insert(draft)
      return { id: draft.id, wire: wireOf(world, draft, request) }
    },
  }
}

function prepareChange(
  world: World,
  element: Wire,
  target: Document,
  request: DocumentRequest,
  sameNumber: Document | undefined,
): Prepared {
  const { kind } = request
  const errors: string[] = []
  const wanted = (textField(element, 'Status') || target.status) as DocumentStatus // spelled right: checkSpelling
  const applied = target.payments.length > 0 || target.allocations.length > 0
  if (!MAY_BECOME[target.status].includes(wanted)) errors.push(`${named(kind)} not of valid status for modification`)
  if (applied && wanted === 'VOIDED') {
    errors.push(
      `The status VOIDED cannot be applied to the ${named(kind).toLowerCase()} because it has payments or credit notes allocated to it.`,
    )
  }
  if (sameNumber && sameNumber !== target) errors.push(`${named(kind)} # must be unique.`)
  if (lockProblems(world.books, target.date).length > 0) {
    errors.push('The document cannot be edited as it is currently dated before the end of year lock date')
  }
  const echo = { [`${kind}ID`]: target.id }
  const nothing = (): never => {
    throw new Error('A refused document was committed.')
  }
  if (errors.length > 0) return { errors, echo, commit: nothing }
  if (wanted === 'VOIDED' || wanted === 'DELETED') {
    return {
      errors,
      echo,
      commit: () => {
        endDocument(world, target, wanted)
        return { id: target.id, wire: wireOf(world, target, request) }
      },
    }
  }
  const givenContact = objectField(element, 'Contact')
  const contact = givenContact ? chooseContact(world, givenContact) : undefined
  errors.push(...(contact?.errors ?? []))
  // Tried on a copy: the books change only in commit.
  const copy: Document = { ...target, status: target.status === 'PAID' ? 'PAID' : wanted }
  const lines = readLines(world.books, element, target.lines, lineRules(target, copy.status, request))
  errors.push(...change(world, copy, element, lines))
  if (lines && lines.lines.length === 0) errors.push('One or more line items must be specified')
  errors.push(...authorisable(copy))
  const frozen =
    copy.date !== target.date || copy.amountTypes !== target.amountTypes || copy.currency !== target.currency
  const otherContact = contact !== undefined && contact.known !== target.contact
  if (
    applied &&
    (frozen || (lines && !sameMoney(target, lines.lines)) || (otherContact && target.allocations.length > 0))
  ) {
    errors.push('This document cannot be edited as it has a payment or credit note allocated to it.')
  }
  return {
    errors: [...new Set(errors)],
    echo,
    commit: () => {
      const { contact: _contact, id: _id, type: _type, updated: _updated, ...changed } = copy
      Object.assign(target, changed)
      if (contact) moveTo(target, contact.resolve())
      const newNumber = textField(element, `${kind}Number`)
      if (newNumber && newNumber !== target.number) giveNumber(world, target, newNumber, kind)
      settle(target)
      touchDocument(world, target)
      return { id: target.id, wire: wireOf(world, target, request) }
    },
  }
}

/** Voids or deletes. The totals stay as they were: readers must judge by the status. */
export function endDocument(world: World, document: Document, status: 'VOIDED' | 'DELETED'): void {
  document.status = status
  touchDocument(world, document)
}

function lineRules(document: Document, status: DocumentStatus, request: DocumentRequest) {
  return {
    unitDigits: request.unitDigits,
    sale: document.type.startsWith('ACCREC'),
    complete: status === 'AUTHORISED' || status === 'PAID',
  }
}

/** Writes the sent fields into a document and says what is wrong with them. */
function change(world: World, document: Document, element: Wire, lines: ReadLines | undefined): string[] {
  const errors: string[] = []
  document.date = dayField(element, 'Date') ?? document.date
  document.due = dayField(element, 'DueDate') ?? document.due
  if (document.type !== 'ACCPAY') document.reference = textField(element, 'Reference') ?? document.reference
  document.url = textField(element, 'Url') ?? document.url
  document.sent =
    field(element, 'SentToContact') === undefined ? document.sent : field(element, 'SentToContact') === true
  // spelled right: checkSpelling
  document.amountTypes = (textField(element, 'LineAmountTypes') || document.amountTypes) as AmountTypes
  const currency = textField(element, 'CurrencyCode')
  if (currency && !CURRENCIES.includes(currency))
    errors.push(`Users Organisation is not subscribed to currency ${currency}`)
  const moved = currency !== undefined && currency !== document.currency
  document.currency = currency || document.currency
  const rate = Number(field(element, 'CurrencyRate') ?? Number.NaN)
  if (document.currency === BASE_CURRENCY) document.rate = 1
  else if (rate > 0) document.rate = Math.round(rate * 1_000_000) / 1_000_000
  else if (moved || document.rate === 1) document.rate = dayRate(document.currency, document.date)
  errors.push(...lockProblems(world.books, document.date))
  const sentNumber = textField(element, 'InvoiceNumber') ?? textField(element, 'CreditNoteNumber')
  if (sentNumber && sentNumber.length > 255) errors.push('The document number is longer than 255 characters.')
  if (lines) {
    errors.push(...lines.errors)
    document.lines = lines.lines
  } else document.lines = document.lines.map((line) => ({ ...line }))
  const before = new Map(document.lines.map((line) => [line.n, line.taxAmount]))
  addUp(document, lines?.taxes ?? (textField(element, 'LineAmountTypes') ? undefined : before))
  if (document.total < 0) errors.push('The total of a document must be zero or more.')
  return errors
}

function authorisable(document: Document): string[] {
  if (document.status !== 'AUTHORISED' || document.type.endsWith('CREDIT') || document.due !== null) return []
  return ['The due date must be specified on an approved invoice.']
}

function moveTo(document: Document, contact: Contact): void {
  if (document.contact === contact) return
  const at = document.contact.documents.indexOf(document)
  if (at >= 0) document.contact.documents.splice(at, 1)
  document.contact = contact
  contact.documents.push(document)
}

function wireOf(world: World, document: Document, request: DocumentRequest): Wire {
  const wire = request.kind === 'Invoice' ? invoiceWire : creditNoteWire
  return wire(world.books, document, 'full', request.unitDigits)
}
