import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Context, DataRecord } from '../../../connectors/kit/connector.ts'
import { xero } from '../../../connectors/xero/index.ts'
import type { XeroSandbox } from '../../../connectors/xero/sandbox/server.ts'
import { invoiceFlaw } from '../../../connectors/xero/read/shapes.ts'
import { openXero, operationOf, settingsOf, xeroAccount } from '../support/accounts.ts'
import type { Opened } from '../support/open.ts'
import { collect, rejection } from '../support/remote.ts'

let sandbox: XeroSandbox
let at: Opened

beforeAll(async () => {
  const money = { prepayments: 4, overpayments: 2, bankTransactions: 6, journals: 4 }
  sandbox = await xeroAccount({ contacts: 30, invoices: 120, creditNotes: 6, money })
  const scopes = [...new Set(xero.operations.flatMap(({ permissions }) => permissions))]
  at = openXero(sandbox, { connection: { scopes } })
})
afterAll(async () => {
  await at.close()
  await sandbox.close()
})

const write = (name: string, set: object = {}) => {
  const operation = operationOf(xero, name, 'write')
  const settings = settingsOf(operation, { ...set }) as never
  const context = at.context(settings) as Context<never>
  const item = (payload: DataRecord) => {
    const value = operation.prepare(settings, payload)
    return { key: operation.key(settings, value), value }
  }
  return { operation, context, item }
}

const journal = (change: object = {}): DataRecord => ({
  Key: 'daily-2026-11-10',
  Narration: 'Sales',
  Date: '2026-11-10',
  JournalLines: [
    { AccountCode: '200', LineAmount: '-0.1' },
    { AccountCode: '201', LineAmount: '-0.2' },
    { AccountCode: '825', LineAmount: '0.3' },
  ],
  ...change,
})

test('journals balance in decimals: 0.1 and 0.2 are 0.3, and a cent too much is refused before it is sent', () => {
  const { item } = write('create-manual-journals')
  expect(item(journal()).value.Narration).toBe('Sales [daily-2026-11-10]')
  const lines = [
    { AccountCode: '200', LineAmount: -10 },
    { AccountCode: '825', LineAmount: 10.01 },
  ]
  expect(() => item(journal({ JournalLines: lines }))).toThrow('differ by 0.01')
  const net = write('create-manual-journals', { amounts: 'Exclusive' })
  const taxed = [
    { AccountCode: '200', LineAmount: -10, TaxType: 'OUTPUT2', TaxAmount: -2 },
    { AccountCode: '825', LineAmount: 12 },
  ]
  expect(net.item(journal({ JournalLines: taxed })).value.JournalLines).toHaveLength(2)
})

test('a closed period and an archived account are named before anything is sent, neighbours go on', async () => {
  const { operation, context, item } = write('create-manual-journals', { status: 'POSTED' })
  sandbox.lock({ period: '2026-10-31', year: '2026-03-31' })
  sandbox.archiveAccount('201')
  const items = [
    item(journal({ Key: 'a', Date: '2026-10-31' })),
    item(journal({ Key: 'b', Date: '2026-03-31' })),
    item(journal({ Key: 'c' })),
    item(
      journal({
        Key: 'd',
        JournalLines: [
          { AccountCode: '200', LineAmount: -5 },
          { AccountCode: '825', LineAmount: 5 },
        ],
      }),
    ),
  ]
  const verdicts = await operation.check!(context, items)
  expect(verdicts.map((verdict) => verdict?.code)).toEqual([
    'PERIOD_LOCKED',
    'PERIOD_LOCKED',
    'TARGET_INACTIVE',
    undefined,
  ])
  expect(verdicts[0]?.message).toContain('period lock date of the organisation is 2026-10-31')
  expect(verdicts[1]?.message).toContain('end of year lock date of the organisation is 2026-03-31')

  // The lock moves after the look: Xero's own refusal has the same name.
  sandbox.lock({ period: '2026-11-15' })
  const outcomes = await operation.write(
    context,
    [items[3]!, item(journal({ Key: 'e', Date: '2026-11-16', JournalLines: items[3]!.value.JournalLines }))],
    {
      id: 'moved',
    },
  )
  expect(outcomes).toMatchObject([{ status: 'rejected', code: 'PERIOD_LOCKED' }, { status: 'confirmed' }])
  sandbox.lock({ period: null, year: null })
  sandbox.archiveAccount('201', false)
})

test.each([
  { name: 'void-invoices', path: 'Invoices', idField: 'InvoiceID', of: 'invoices' },
  { name: 'delete-payments', path: 'Payments', idField: 'PaymentID', of: 'payments' },
] as const)('$name looks up the days of what it ends, where a date is locked, 50 at a time', async (given) => {
  const { operation, context, item } = write(given.name)
  const known: readonly { readonly id: string; readonly date: number }[] = sandbox.state.books[given.of].ordered
  const items = known.slice(0, 60).map(({ id }) => item({ [given.idField]: id }))
  const route = `GET /api.xro/2.0/${given.path}`
  const asked = () => sandbox.requests.byRoute.get(route) ?? 0
  const before = asked()
  expect(await operation.check!(context, items)).toEqual(items.map(() => undefined))
  expect(asked()).toBe(before)

  const days = known.slice(0, 60).map(({ date }) => new Date(date * 86_400_000).toISOString().slice(0, 10))
  const period = days.toSorted()[Math.floor(days.length / 2)]!
  sandbox.lock({ period })
  const verdicts = await operation.check!(context, items)
  sandbox.lock({ period: null })
  expect(verdicts.map((verdict) => verdict?.code)).toEqual(
    days.map((day) => (day <= period ? 'PERIOD_LOCKED' : undefined)),
  )
  expect(new Set(verdicts).size).toBeGreaterThan(1)
  expect(asked() - before).toBe(Math.ceil(items.length / 50))
})

test('an archived or merged contact, and a currency nobody keeps, have names of their own', async () => {
  const { operation, context, item } = write('create-invoices', { keyField: 'Reference' })
  const [loser, winner] = sandbox.state.books.contacts.ordered.filter(({ status }) => status === 'ACTIVE')
  sandbox.mergeContact(loser!.id, winner!.id)
  const invoice = (Reference: string, ContactID: string, more: object = {}) =>
    item({
      Reference,
      Contact: { ContactID },
      DueDate: '2026-12-20',
      LineItems: [{ Description: 'Seat', Quantity: 1, UnitAmount: 1, AccountCode: '200' }],
      ...more,
    })
  const long = Array.from({ length: 1000 }, () => ({
    Description: 'Seat',
    Quantity: 1,
    UnitAmount: '0.0125',
    AccountCode: '200',
  }))
  const items = [
    invoice('N-1', loser!.id),
    invoice('N-2', winner!.id, { CurrencyCode: 'NZD' }),
    invoice('N-3', winner!.id, { LineItems: long }),
  ]
  const outcomes = await operation.write(context, items, { id: 'named' })
  expect(outcomes).toMatchObject([{ code: 'TARGET_INACTIVE' }, { code: 'CURRENCY_UNKNOWN' }, { status: 'confirmed' }])
  const lookup = operationOf(xero, 'get-contacts', 'lookup')
  const found = await lookup.find(at.context(settingsOf(lookup)) as Context<never>, [loser!.id])
  expect(found.get(loser!.id)).toMatchObject({ ContactID: winner!.id, MergedFrom: loser!.id })
})

test('what is looked up and is not what it seems costs its own key, and nothing is taken from it', async () => {
  const { books } = sandbox.state
  const looked = [
    ['get-invoices', books.invoices.ordered, { LineItems: null }],
    ['get-credit-notes', books.creditNotes.ordered, { RemainingCredit: '1.00' }],
    ['get-contacts', books.contacts.ordered.filter(({ status }) => status === 'ACTIVE'), { ContactStatus: 'NEW' }],
  ] as const
  for (const [name, records, set] of looked) {
    const lookup = operationOf(xero, name, 'lookup')
    const find = (ids: readonly string[]) => lookup.find(at.context(settingsOf(lookup)) as Context<never>, ids)
    const [odd, sound] = records.slice(-2).map(({ id }) => id)
    sandbox.spoil(odd!, { set })
    expect(await rejection(find([odd!, sound!]))).toMatchObject({
      code: 'FIELD_UNEXPECTED',
      message: expect.stringContaining(`“${Object.keys(set)[0]}”`),
    })
    expect([...(await find([sound!])).keys()]).toEqual([sound])
    sandbox.spoil(odd!)
  }
})

test('a bill is known by its number, which another bill may have: a repeat is looked for, and sales do not count', async () => {
  const set = { type: 'ACCPAY', keyField: 'InvoiceNumber' }
  const { operation, context, item } = write('create-invoices', set)
  const supplier = sandbox.state.books.contacts.ordered.find(({ status }) => status === 'ACTIVE')!
  const bill = (InvoiceNumber: string, more: object = {}) =>
    item({
      InvoiceNumber,
      Contact: { ContactID: supplier.id },
      ...{ Date: '2026-11-20', DueDate: '2026-12-20' },
      LineItems: [{ Description: 'Paper', Quantity: 1, UnitAmount: 5, AccountCode: '400' }],
      ...more,
    })
  const sale = sandbox.state.books.invoices.ordered.find(({ type, status }) => type === 'ACCREC' && status === 'PAID')!
  const items = [bill('SUP-1'), bill(sale.number)]
  expect(await operation.probe!(context, items)).toEqual(['absent', 'absent'])
  expect(await operation.write(context, items, { id: 'bills' })).toMatchObject(Array(2).fill({ status: 'confirmed' }))
  expect(await operation.probe!(context, [...items, bill('SUP-1', { Date: '2026-11-19' })])).toEqual([
    ...['arrived', 'arrived', 'unclear'],
  ])
  expect(sandbox.state.books.invoices.ordered.filter(({ number }) => number === sale.number)).toHaveLength(2)
  expect(() => write('create-invoices', { type: 'ACCPAY', keyField: 'Reference' }).item({ Reference: 'x' })).toThrow(
    'bills have no reference',
  )
})

test('one archived contact does not keep others out of a group', async () => {
  const { operation, context, item } = write('add-to-contact-group', { group: sandbox.state.books.groups[0]!.id })
  const archived = sandbox.state.books.contacts.ordered.find(({ status }) => status === 'ARCHIVED')!
  const active = sandbox.state.books.contacts.ordered.find(({ status }) => status === 'ACTIVE')!
  const items = [item({ ContactID: archived.id }), item({ ContactID: active.id })]
  const outcomes = await operation.write(context, items, { id: 'group' })
  expect(outcomes).toMatchObject([{ status: 'rejected', code: 'TARGET_INACTIVE' }, { status: 'confirmed' }])
  expect(sandbox.state.books.groups[0]!.members).toContain(active)
})

test('the trial balance sums to zero in cents, before and after journals', async () => {
  const read = operationOf(xero, 'get-trial-balance', 'read')
  const pages = await collect(read.read(at.context(settingsOf(read)) as Context<never>, undefined))
  const rows = pages.flatMap(({ records }) => records)
  const sum = (name: string) => rows.reduce((total, row) => total + Math.round(Number(row[name]) * 100), 0)
  expect(rows.length).toBeGreaterThan(5)
  expect(sum('YTDDebit')).toBeGreaterThan(0)
  expect(sum('YTDDebit')).toBe(sum('YTDCredit'))
  expect(sum('Debit')).toBe(sum('Credit'))
})

test.each([
  ['a number as text', { Total: '12.10' }, 'FIELD_UNEXPECTED', 'the text “12.10”'],
  ['null for a list', { LineItems: null }, 'FIELD_UNEXPECTED', 'null'],
  ['a missing field', { AmountDue: undefined }, 'FIELD_UNEXPECTED', 'missing'],
  ['a new value', { Status: 'PARTIAL' }, 'FIELD_UNEXPECTED', '“Status” of invoice INV-1'],
  ['a currency nobody has seen', { CurrencyCode: 'ZZZ' }, 'CURRENCY_UNKNOWN', 'ZZZ'],
])('%s is named, with its place', (_name, change, code, words) => {
  const sound = {
    InvoiceID: '3f0e8c1c-0000-4000-8000-000000000001',
    InvoiceNumber: 'INV-1',
    UpdatedDateUTC: '2026-11-20T00:00:00.000Z',
    Type: 'ACCREC',
    Status: 'PAID',
    CurrencyCode: 'GBP',
    Contact: {},
    LineItems: [],
    ...Object.fromEntries(
      ['SubTotal', 'TotalTax', 'Total', 'AmountDue', 'AmountPaid', 'AmountCredited'].map((name) => [name, 1]),
    ),
  }
  expect(invoiceFlaw(sound)).toBeUndefined()
  const flaw = invoiceFlaw({ ...sound, ...change })
  expect(flaw?.code).toBe(code)
  expect(flaw?.message).toContain(words)
})
