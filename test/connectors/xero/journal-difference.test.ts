import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Context, DataRecord, WriteItem } from '../../../connectors/kit/connector.ts'
import { xero } from '../../../connectors/xero/index.ts'
import type { XeroSandbox } from '../../../connectors/xero/sandbox/server.ts'
import { openXero, operationOf, settingsOf, xeroAccount } from '../support/accounts.ts'
import type { Opened } from '../support/open.ts'

// What changes of a journal is one more journal. The engine says which rows; here they become journals, and are found again.

let sandbox: XeroSandbox
let at: Opened
const operation = operationOf(xero, 'create-manual-journals', 'write')
const settings = settingsOf(operation, { status: 'POSTED', amounts: 'Inclusive' })
const context = (set: object = {}) => at.context({ ...settings, ...set }) as Context<never>
const { rows, reverse, compared } = operation.difference!

beforeAll(async () => {
  sandbox = await xeroAccount({ contacts: 2, invoices: 2, creditNotes: 0 })
  const scopes = [...new Set(xero.operations.flatMap(({ permissions }) => permissions))]
  at = openXero(sandbox, { connection: { scopes } })
})
afterAll(async () => {
  await at.close()
  await sandbox.close()
})

const document = (sales: number, change: object = {}): DataRecord =>
  operation.prepare(settings, {
    ...{ Key: 'shop 2026-11-10', Narration: `Sales of ${sales}`, Date: '2026-11-10' },
    JournalLines: [
      { AccountCode: '200', LineAmount: -sales, TaxType: 'OUTPUT2', Description: 'Sales' },
      { AccountCode: '260', LineAmount: 0, TaxType: 'OUTPUT2', Description: 'Nothing' },
      { AccountCode: '825', LineAmount: sales, TaxType: 'NONE', Description: 'Takings' },
    ],
    ...change,
  })

/** The items of a change of a document, keyed as the engine keys them. */
const change = (version: number, before: DataRecord | undefined, after: DataRecord): WriteItem[] => [
  ...(before ? rows(settings, before) : []).map((row, n) => ({
    key: `shop 2026-11-10/v${version}.r${n}`,
    value: reverse(settings, row, after),
  })),
  ...rows(settings, after).map((value, n) => ({ key: `shop 2026-11-10/v${version}.${n}`, value })),
]
const journals = () => sandbox.state.books.journals.ordered
const linesOf = (n: number) => journals()[n]!.lines.map(({ account, amount, taxType }) => [account, amount, taxType])

test('rows are lines with an amount; only where how much is booked is compared', () => {
  expect(rows(settings, document(100)).map(({ AccountCode }) => AccountCode)).toEqual(['200', '825'])
  const words = document(100, { Narration: 'Other words', Date: '2026-12-01' })
  expect(rows(settings, words).map(compared!)).toEqual(rows(settings, document(100)).map(compared!))
  expect(rows(settings, document(101)).map(compared!)).not.toEqual(rows(settings, document(100)).map(compared!))
  expect(rows(settings, document(0, { JournalLines: [] }))).toEqual([])
})

test('a change is one journal over what is left, dated and worded as of now, with its version', async () => {
  const first = change(1, undefined, document(100))
  expect(await operation.write(context(), first, { id: 'one' })).toMatchObject([
    { status: 'confirmed' },
    { status: 'confirmed' },
  ])
  const later = change(2, document(100), document(90.5, { Date: '2026-11-20' }))
  await operation.write(context(), later, { id: 'two' })
  expect(journals().map(({ narration }) => narration)).toEqual([
    'Sales of 100 [shop 2026-11-10]',
    'Sales of 90.5 [shop 2026-11-10 v2]',
  ])
  expect(linesOf(1)).toEqual([
    ['200', 950, 'OUTPUT2'],
    ['825', -950, 'NONE'],
  ])
  // Looked for: each in its own version, on its own day.
  expect(await operation.probe!(context(), first)).toEqual(['arrived', 'arrived'])
  expect(await operation.probe!(context(), later)).toEqual(later.map(() => 'arrived'))
  expect(await operation.probe!(context(), change(3, document(90.5), document(80)))).toEqual(Array(4).fill('absent'))
  // Somebody has booked something else under the key: nobody can tell.
  expect(await operation.probe!(context(), change(2, document(100), document(91, { Date: '2026-11-20' })))).toEqual(
    Array(4).fill('unclear'),
  )
})

test('what comes to nothing makes no journal, and counts as there', async () => {
  const before = journals().length
  const calls = sandbox.requests.total
  const same = change(4, document(90.5), document(90.5, { Narration: 'Another order of the same amount' }))
  expect(await operation.write(context(), same, { id: 'none' })).toMatchObject(
    same.map(() => ({ status: 'confirmed' })),
  )
  expect(await operation.probe!(context(), same)).toEqual(same.map(() => 'arrived'))
  expect([journals().length, sandbox.requests.total]).toEqual([before, calls])
})

test('a day of which nothing is left is taken back', async () => {
  await operation.write(context(), change(5, document(90.5), document(0, { JournalLines: [] })), { id: 'gone' })
  expect(linesOf(journals().length - 1)).toEqual([
    ['200', 9050, 'OUTPUT2'],
    ['825', -9050, 'NONE'],
  ])
})

test('net amounts cannot be booked by difference, and a journal alone needs lines', async () => {
  const [row] = change(6, undefined, document(1))
  expect((await operation.check!(context({ amounts: 'Exclusive' }), [row!]))[0]).toMatchObject({
    code: 'INVALID_INPUT',
  })
  const empty = document(0, { JournalLines: [] })
  expect((await operation.check!(context(), [{ key: 'a', value: empty }]))[0]).toMatchObject({ code: 'INVALID_INPUT' })
})

test('journals are found by their key with all their versions, and added up by what is posted', async () => {
  const find = operationOf(xero, 'get-manual-journals', 'lookup')
  const found = await find.find(context({ account: '825' }), ['shop 2026-11-10', 'shop 2026-11-1'])
  expect([...found.keys()]).toEqual(['shop 2026-11-10'])
  expect(found.get('shop 2026-11-10')).toMatchObject({ total: 0, posted: 3, draft: 0, drafts: 0, voided: 0 })
  await operation.write(context({ status: 'DRAFT' }), change(7, undefined, document(12)), { id: 'draft' })
  expect((await find.find(context({ account: '825' }), ['shop 2026-11-10'])).get('shop 2026-11-10')).toMatchObject({
    ...{ total: 0, posted: 3, draft: 12, drafts: 1 },
  })
})
