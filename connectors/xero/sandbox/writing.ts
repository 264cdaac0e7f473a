import { deleteAllocation, prepareAllocation } from './allocation-writing.ts'
import { type Answer, notFound, notImplemented } from './answers.ts'
import { prepareBankTransaction } from './bank-writing.ts'
import { writeBatch } from './batch.ts'
import { prepareContact } from './contact-writing.ts'
import type { DocumentKind } from './document-numbers.ts'
import { prepareDocument } from './document-writing.ts'
import { writeGroupMembers } from './group-writing.ts'
import { addNote } from './history.ts'
import { elementsOf } from './input.ts'
import { prepareJournal } from './journal-writing.ts'
import type { Query } from './listing.ts'
import { preparePayment, preparePaymentDelete } from './payment-writing.ts'
import { findCreditNote, findInvoice, unitDigits } from './reading.ts'
import type { World } from './world.ts'

export type WriteRequest = {
  readonly method: string
  readonly path: string
  readonly resource: string
  /** Path parts after the resource. */
  readonly rest: readonly string[]
  readonly query: Query
  readonly body: string
}

/** PUT creates, POST creates or changes. What Xero has but the sandbox lacks is answered as not implemented. */
export function write(world: World, request: WriteRequest): Answer {
  const [id, below] = request.rest
  if (id !== undefined && below?.toLowerCase() === 'history') {
    return request.method === 'PUT' ? addNote(world, request.resource, id, request) : notImplemented()
  }
  switch (request.resource) {
    case 'Invoices':
      return writeDocuments(world, request, 'Invoice')
    case 'CreditNotes':
      return request.rest[1]?.toLowerCase() === 'allocations'
        ? writeAllocations(world, request)
        : writeDocuments(world, request, 'CreditNote')
    case 'Contacts':
      return writeContacts(world, request)
    case 'Payments':
      return writePayments(world, request)
    case 'Prepayments':
    case 'Overpayments':
      return writePaidAhead(world, request)
    case 'BankTransactions':
      return writeBankTransactions(world, request)
    case 'ManualJournals':
      return writeJournals(world, request)
    case 'ContactGroups':
      return writeGroupMembers(world, request)
    default:
      return notImplemented()
  }
}

function writeDocuments(world: World, request: WriteRequest, kind: DocumentKind): Answer {
  const { method, rest, query } = request
  if (!['PUT', 'POST'].includes(method) || rest.length > 1 || (method === 'PUT' && rest.length > 0))
    return notImplemented()
  const find = kind === 'Invoice' ? findInvoice : findCreditNote
  const existing = rest[0] === undefined ? undefined : find(world, rest[0])
  if (rest[0] !== undefined && !existing) return notFound()
  const key = `${kind}s`
  return writeBatch(world, request, {
    key,
    elements: elementsOf(request.body, key),
    query,
    errorFlag: 'HasErrors',
    prepare: (element) =>
      prepareDocument(world, element, {
        kind,
        method,
        unitDigits: unitDigits(query),
        ...(existing ? { existing } : {}),
      }),
  })
}

function writeContacts(world: World, request: WriteRequest): Answer {
  const { method, rest, query } = request
  if (!['PUT', 'POST'].includes(method) || rest.length > 1 || (method === 'PUT' && rest.length > 0))
    return notImplemented()
  const existing = rest[0] === undefined ? undefined : world.books.contacts.get(rest[0].toLowerCase())
  if (rest[0] !== undefined && !existing) return notFound()
  return writeBatch(world, request, {
    key: 'Contacts',
    elements: elementsOf(request.body, 'Contacts'),
    query,
    errorFlag: 'HasValidationErrors',
    prepare: (element) => prepareContact(world, element, method, existing),
  })
}

function writePayments(world: World, request: WriteRequest): Answer {
  const { method, rest, query } = request
  if (!['PUT', 'POST'].includes(method) || rest.length > 1 || (method === 'PUT' && rest.length > 0))
    return notImplemented()
  const existing = rest[0] === undefined ? undefined : world.books.payments.get(rest[0].toLowerCase())
  if (rest[0] !== undefined && !existing) return notFound()
  return writeBatch(world, request, {
    key: 'Payments',
    elements: elementsOf(request.body, 'Payments'),
    query,
    errorFlag: 'HasValidationErrors',
    prepare: (element) => (existing ? preparePaymentDelete(world, element, existing) : preparePayment(world, element)),
  })
}

function writeBankTransactions(world: World, request: WriteRequest): Answer {
  const { method, rest, query } = request
  if (!['PUT', 'POST'].includes(method) || rest.length > 1) return notImplemented()
  const existing = rest[0] === undefined ? undefined : world.books.bankTransactions.get(rest[0].toLowerCase())
  if (rest[0] !== undefined && !existing) return notFound()
  return writeBatch(world, request, {
    key: 'BankTransactions',
    elements: elementsOf(request.body, 'BankTransactions'),
    query,
    prepare: (element) => prepareBankTransaction(world, element, unitDigits(query), existing),
  })
}

function writeJournals(world: World, request: WriteRequest): Answer {
  const { method, rest, query } = request
  if (!['PUT', 'POST'].includes(method) || rest.length > 1) return notImplemented()
  const existing = rest[0] === undefined ? undefined : world.books.journals.get(rest[0].toLowerCase())
  if (rest[0] !== undefined && !existing) return notFound()
  return writeBatch(world, request, {
    key: 'ManualJournals',
    elements: elementsOf(request.body, 'ManualJournals'),
    query,
    prepare: (element) => prepareJournal(world, element, method, existing),
  })
}

function writePaidAhead(world: World, request: WriteRequest): Answer {
  const { prepayments, overpayments } = world.books
  const table = request.resource === 'Prepayments' ? prepayments : overpayments
  const credit = table.get(request.rest[0]?.toLowerCase() ?? '')
  if (!credit) return notFound()
  return request.rest[1]?.toLowerCase() === 'allocations' ? writeAllocations(world, request, credit) : notImplemented()
}

function writeAllocations(
  world: World,
  request: WriteRequest,
  credit = findCreditNote(world, request.rest[0] ?? ''),
): Answer {
  const { method, rest } = request
  if (!credit) return notFound()
  if (method === 'DELETE' && rest.length === 3) return deleteAllocation(world, credit, rest[2] ?? '', request.path)
  if (method !== 'PUT' || rest.length !== 2) return notImplemented()
  return writeBatch(
    world,
    { ...request, resource: 'Allocations' },
    {
      key: 'Allocations',
      elements: elementsOf(request.body, 'Allocations'),
      query: request.query,
      prepare: (element) => prepareAllocation(world, element, credit),
    },
  )
}
