import { deleteAllocation, prepareAllocation } from './allocation-writing.ts'
import { type Answer, notFound, notImplemented } from './answers.ts'
import { writeBatch } from './batch.ts'
import { prepareContact } from './contact-writing.ts'
import type { DocumentKind } from './document-numbers.ts'
import { prepareDocument } from './document-writing.ts'
import { elementsOf } from './input.ts'
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

function writeAllocations(world: World, request: WriteRequest): Answer {
  const { method, rest } = request
  const credit = findCreditNote(world, rest[0] ?? '')
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
      errorFlag: 'HasErrors',
      prepare: (element) => prepareAllocation(world, element, credit),
    },
  )
}
