import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { createEvaluator, type Evaluator } from '../../server/evaluate/pool.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type ExpectedRow, expectedRows, rowsBetween, sandboxTotals, totalsOf } from '../support/ledger-oracle.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

// The main job at the size of the demo. Sums on both sides come from the sandboxes' own books.

const CONTACTS = 20_000
const INVOICES = 50_000
const CREDIT_NOTES = 2_000
const RUN_MS = 240_000

const { flow: flowDocument } = JSON.parse(
  readFileSync(new URL('../../server/templates/paid-invoices-to-purchases.json', import.meta.url), 'utf8'),
) as { flow: Flow }

let database: TestDatabase
let evaluator: Evaluator
let xero: XeroSandbox
let emarsys: EmarsysSandbox
let workspace: Workspace
let flow: string

type Wire = { readonly [field: string]: unknown }

const documents = (): Wire[] =>
  [...xero.state.books.invoices.ordered, ...xero.state.books.creditNotes.ordered].map((one) => xero.document(one.id)!)
const flat = (rows: ReadonlyMap<string, ExpectedRow[]>) => [...rows.values()].flat()

beforeAll(async () => {
  database = await testDatabase()
  evaluator = createEvaluator()
  xero = await startXeroSandbox({ contacts: CONTACTS, invoices: INVOICES, creditNotes: CREDIT_NOTES, limits: 'off' })
  emarsys = await startEmarsysSandbox({ limits: 'off' })
  workspace = await openWorkspace({ database, evaluator, xero, emarsys })
  flow = await workspace.flow(flowDocument)
}, RUN_MS)

afterAll(async () => {
  await workspace?.stop()
  await evaluator?.close()
  await Promise.all([xero?.close(), emarsys?.close()])
  await database?.drop()
})

test('the first run brings both systems to agree, per day and per currency, to the cent', {
  timeout: RUN_MS,
}, async () => {
  const run = await workspace.run(flow, flowDocument)
  expect(await workspace.exceptions()).toEqual([])
  expect(run.state).toBe('succeeded')

  const expected = flat(expectedRows(documents()))
  expect(expected.length).toBeGreaterThan(INVOICES)
  expect(sandboxTotals(emarsys)).toEqual(totalsOf(expected))
  expect(emarsys.sales.length).toBe(expected.length)
})

test('only documents that count were sent: nothing unpaid, voided or draft', () => {
  const expected = expectedRows(documents())
  const sent = new Set(emarsys.sales.map((row) => String(row.s_document)))
  const wanted = new Set([...expected].filter(([, rows]) => rows.length > 0).map(([name]) => name))
  expect(sent).toEqual(wanted)
  const statuses = new Set(
    [...sent].filter((name) => name.startsWith('invoice ')).map((name) => xero.document(name.slice(8))!.Status),
  )
  expect(statuses).toEqual(new Set(['PAID']))
})

test('every purchase belongs to a contact that was there before, and no opt-in was touched', () => {
  expect(emarsys.salesBook.pseudoContacts.size).toBe(0)
  const customers = xero.state.books.contacts.ordered.filter((one) => xero.document(one.id)!.IsCustomer === true).length
  expect(emarsys.contacts.size).toBe(customers)
  expect(emarsys.ledger.some((entry) => (entry.detail?.fields as string[] | undefined)?.includes('31'))).toBe(false)
})

test('a second run sends nothing', { timeout: RUN_MS }, async () => {
  const before = { sales: emarsys.sales.length, ledger: emarsys.ledger.length }
  const run = await workspace.run(flow, flowDocument)
  expect(run.state).toBe('succeeded')
  expect(run.counts.sent ?? 0).toBe(0)
  expect({ sales: emarsys.sales.length, ledger: emarsys.ledger.length }).toEqual(before)
})

test('paying, voiding, un-paying and crediting sends exactly the differences', { timeout: RUN_MS }, async () => {
  const invoices = documents().filter((one) => one.Type === 'ACCREC')
  const open = invoices.filter((one) => one.Status === 'AUTHORISED' && one.AmountPaid === 0 && one.AmountCredited === 0)
  const paid = invoices.filter(
    (one) => one.Status === 'PAID' && (one.Payments as Wire[]).length === 1 && (one.CreditNotes as Wire[]).length === 0,
  )
  const ids = (from: readonly Wire[], start: number) =>
    from.slice(start, start + 10).map((one) => String(one.InvoiceID))
  const before = expectedRows(documents())
  const rowsBefore = emarsys.sales.length

  for (const id of ids(open, 0)) xero.pay(id)
  for (const id of ids(open, 10)) xero.void(id)
  for (const id of ids(open, 20)) xero.credit(id)
  for (const id of ids(paid, 0)) xero.unpay(id)
  // What customers had paid and the books then struck out.
  for (const id of ids(paid, 10)) {
    xero.unpay(id)
    xero.void(id)
  }
  const run = await workspace.run(flow, flowDocument)
  expect(run.state).toBe('succeeded')

  const after = expectedRows(documents())
  const difference = rowsBetween(before, after)
  expect(difference).toBeGreaterThanOrEqual(40)
  expect(emarsys.sales.length - rowsBefore).toBe(difference)
  expect(sandboxTotals(emarsys)).toEqual(totalsOf(flat(after)))
})

test('an invoice that is paid again after it was un-paid counts once', { timeout: RUN_MS }, async () => {
  const [invoice] = documents().filter(
    (one) => one.Type === 'ACCREC' && one.Status === 'PAID' && (one.Payments as Wire[]).length === 1,
  )
  const id = String(invoice!.InvoiceID)
  for (let round = 0; round < 2; round++) {
    xero.unpay(id)
    expect((await workspace.run(flow, flowDocument)).state).toBe('succeeded')
    xero.pay(id)
    expect((await workspace.run(flow, flowDocument)).state).toBe('succeeded')
  }
  expect(sandboxTotals(emarsys)).toEqual(totalsOf(flat(expectedRows(documents()))))
})
