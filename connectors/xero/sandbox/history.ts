import { type Answer, json, notFound, validationFailed } from './answers.ts'
import { elementsOf, textField } from './input.ts'
import type { Books } from './model.ts'
import { envelope, msInstant, type Wire } from './wire.ts'
import { noteWrite, type World } from './world.ts'
import type { WriteRequest } from './writing.ts'

const LONGEST_NOTE = 2500
const TABLES: { readonly [resource: string]: (books: Books) => { get(id: string): { updated: number } | undefined } } =
  {
    Invoices: (books) => books.invoices,
    CreditNotes: (books) => books.creditNotes,
    Contacts: (books) => books.contacts,
    Payments: (books) => books.payments,
    Prepayments: (books) => books.prepayments,
    Overpayments: (books) => books.overpayments,
    BankTransactions: (books) => books.bankTransactions,
    ManualJournals: (books) => books.journals,
  }

/** Newest first: the notes, and that it was made. */
export function readHistory(world: World, resource: string, id: string): Answer {
  const record = TABLES[resource]?.(world.books).get(id.toLowerCase())
  if (!record) return notFound()
  const notes = [...(world.books.notes.get(id.toLowerCase()) ?? [])].reverse()
  const made = { Changes: 'Created', DateUTC: msInstant(record.updated), User: 'System Generated', Details: '' }
  return json(200, envelope(world.clock.now(), 'HistoryRecords', [...notes.map(wireOf), made]))
}

export function addNote(world: World, resource: string, id: string, { method, path, body }: WriteRequest): Answer {
  const key = id.toLowerCase()
  if (!TABLES[resource]?.(world.books).get(key)) return notFound()
  const texts = elementsOf(body, 'HistoryRecords').map((element) => textField(element, 'Details') ?? '')
  const bad = texts.filter((text) => text.trim() === '' || text.length > LONGEST_NOTE)
  if (bad.length > 0) {
    return validationFailed(
      bad.map((Details) => ({ Details, ValidationErrors: [{ Message: 'A note needs 1 to 2500 characters.' }] })),
    )
  }
  const added = texts.map((details) => ({ at: world.clock.now(), changes: 'Note', user: 'Sandbox App', details }))
  world.books.notes.set(key, [...(world.books.notes.get(key) ?? []), ...added])
  noteWrite(world, { method, path, resource: 'History', id: key, body: texts })
  return json(200, envelope(world.clock.now(), 'HistoryRecords', added.map(wireOf)))
}

const wireOf = (note: { at: number; changes: string; user: string; details: string }): Wire => ({
  Changes: note.changes,
  DateUTC: msInstant(note.at),
  User: note.user,
  Details: note.details,
})
