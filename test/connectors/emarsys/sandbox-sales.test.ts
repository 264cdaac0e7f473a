import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'

let sandbox: EmarsysSandbox
beforeEach(async () => {
  sandbox = await startEmarsysSandbox()
  sandbox.plantContact({ '3': 'ada@example.com', '9001': 'contact-1' })
})
afterEach(() => sandbox.close())

const HEADER = 'item,price,order,timestamp,customer,quantity,f_original_amount,s_original_currency,s_document,s_kind'
const LINE = 'SKU-1,59.80,SO-1,2026-11-20T14:03:00Z,contact-1,2,70.00,USD,INV-1,invoice'

const upload = async (
  body: string | Uint8Array<ArrayBuffer>,
  headers: { [name: string]: string } = {},
  box = sandbox,
): Promise<{ status: number; type: string | null; text: string }> => {
  const answer = await fetch(`${box.url}/hapi/merchant/${box.merchantId}/sales-data/api`, {
    method: 'POST',
    headers: {
      authorization: `bearer ${box.salesToken}`,
      'content-type': 'text/csv',
      accept: 'text/plain',
      ...headers,
    },
    body,
  })
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}
const lines = (...all: string[]): string => `${all.join('\n')}\n`

test('an upload as agreed is accepted in sixteen bytes of plain text', async () => {
  const answer = await upload(lines(HEADER, LINE))
  expect(answer).toEqual({ status: 200, type: expect.stringContaining('text/plain'), text: 'Upload accepted\n' })
  expect(sandbox.sales).toEqual([
    {
      at: expect.any(Number),
      upload: 1,
      item: 'SKU-1',
      price: '59.80',
      order: 'SO-1',
      timestamp: '2026-11-20T14:03:00Z',
      customer: 'contact-1',
      quantity: '2',
      f_original_amount: '70.00',
      s_original_currency: 'USD',
      s_document: 'INV-1',
      s_kind: 'invoice',
    },
  ])
})

test('gzip, CRLF and quoted values are read', async () => {
  const quoted = '"a ""b"", c",1.00,SO-2,2026-11-20,contact-1,1,,EUR,INV-2,invoice'
  const answer = await upload(new Uint8Array(gzipSync(`${HEADER}\r\n${quoted}\r\n`)), { 'content-encoding': 'gzip' })
  expect(answer.status).toBe(200)
  expect(sandbox.sales).toMatchObject([{ item: 'a "b", c', f_original_amount: '', s_kind: 'invoice' }])
  expect(sandbox.totals.perDay()).toEqual({ '2026-11-20': '1.00' })
})

test.each([
  [
    'columns in another order',
    lines('price,item,order,timestamp,customer,quantity,f_original_amount,s_original_currency,s_document,s_kind', LINE),
  ],
  ['a column in another letter case', lines(HEADER.replace('price', 'Price'), LINE)],
  ['a column too few', lines(HEADER.replace(',s_kind', ''), LINE.replace(',invoice', ''))],
  ['a column too many', lines(`${HEADER},s_more`, `${LINE},x`)],
  [
    'both identities',
    lines(HEADER.replace('customer', 'customer,email'), LINE.replace('contact-1', 'contact-1,ada@example.com')),
  ],
  ['the other identity', lines(HEADER.replace('customer', 'email'), LINE.replace('contact-1', 'ada@example.com'))],
  ['a byte order mark', `\uFEFF${lines(HEADER, LINE)}`],
  ['no rows', lines(HEADER)],
  ['nothing', ''],
  ['a comma as decimal sign', lines(HEADER, LINE.replace('59.80', '"59,80"'))],
  ['a time without zone', lines(HEADER, LINE.replace('14:03:00Z', '14:03:00'))],
  ['a day that does not exist', lines(HEADER, LINE.replace('2026-11-20T', '2026-02-30T'))],
  ['no buyer', lines(HEADER, LINE.replace('contact-1', ''))],
  ['a blank after a comma', lines(HEADER, LINE.replace(',SO-1', ', SO-1'))],
  ['a line break in a value', lines(HEADER, LINE.replace('SKU-1', '"SKU\n1"'))],
  ['a row with a value too few', lines(HEADER, LINE, LINE.replace(',invoice', ''))],
  ['a word as quantity', lines(HEADER, LINE.replace(',2,', ',two,'))],
  ['an empty line in between', lines(HEADER, LINE, '', LINE)],
])('%s is refused with 400 and no row is kept', async (_what, body) => {
  const answer = await upload(body)
  expect([answer.status, answer.type]).toEqual([400, expect.stringContaining('text/plain')])
  expect(sandbox.sales).toEqual([])
  expect(sandbox.ledger).toEqual([])
})

test('bytes that are not UTF-8 or not the gzip they claim to be are refused', async () => {
  const latin = new Uint8Array(Buffer.from(lines(HEADER, LINE.replace('SKU-1', 'Caf\u00e9')), 'latin1'))
  expect((await upload(latin)).text).toContain('UTF-8')
  expect((await upload('plain', { 'content-encoding': 'gzip' })).status).toBe(400)
  expect(sandbox.sales).toEqual([])
})

test('only the static token opens it, with the word bearer in any letter case', async () => {
  const status = async (authorization: string) => (await upload(lines(HEADER, LINE), { authorization })).status
  expect(await status(`BEARER ${sandbox.salesToken}`)).toBe(200)
  expect(await status(`Bearer: ${sandbox.salesToken}`)).toBe(401)
  expect(await status('bearer wrong')).toBe(401)
  expect(await status(sandbox.salesToken)).toBe(401)
  expect((await upload(lines(HEADER, LINE), { 'content-type': 'application/json' })).status).toBe(400)
})

test('what is sent twice counts twice, and the doubles show', async () => {
  await upload(lines(HEADER, LINE))
  await upload(lines(HEADER, LINE, LINE.replace('59.80', '0.10').replace('SKU-1', 'SKU-2')))
  expect(sandbox.totals.all()).toBe('119.70')
  expect(sandbox.salesBook.duplicates()).toMatchObject([{ row: { order: 'SO-1' }, times: 2, uploads: [1, 2] }])
})

test('totals per day and currency are exact, in UTC days, with refunds taken off', async () => {
  await upload(
    lines(
      HEADER,
      'A,0.10,SO-1,2026-11-20T12:00:00Z,contact-1,1,0.12,USD,INV-1,invoice',
      'A,0.20,SO-1,2026-11-20T23:30:00-01:00,contact-1,1,0.20,EUR,INV-2,invoice',
      'A,0.205,SO-1,2026-11-20T12:00:00Z,contact-1,1,0.24,USD,INV-3,invoice',
      'A,-1000000000000000.30,SO-1,2026-11-20T12:00:00Z,contact-1,-1,-0.36,USD,CN-1,credit-note',
    ),
  )
  expect(sandbox.totals.perDay()).toEqual({ '2026-11-20': '-999999999999999.995', '2026-11-21': '0.20' })
  expect(sandbox.totals.perDayAndCurrency()).toEqual([
    { day: '2026-11-20', currency: 'USD', price: '-999999999999999.995', original: '0.00' },
    { day: '2026-11-21', currency: 'EUR', price: '0.20', original: '0.20' },
  ])
})

test('an unknown buyer becomes a pseudo contact for good', async () => {
  await upload(lines(HEADER, LINE, LINE.replace('contact-1', 'stranger')))
  expect([...sandbox.salesBook.pseudoContacts]).toEqual([['stranger', 1]])
  sandbox.plantContact({ '9001': 'stranger' })
  await upload(lines(HEADER, LINE.replace('contact-1', 'stranger')))
  expect([...sandbox.salesBook.pseudoContacts]).toEqual([['stranger', 1]])
})

test('an account can agree on e-mail as identity and on its own columns, but not on impossible ones', async () => {
  const salesColumns = ['item', 'price', 'order', 'timestamp', 'email', 'quantity', 's_channel', 'f_tax']
  const other = await startEmarsysSandbox({ salesColumns })
  other.plantContact({ '3': 'ada@example.com' })
  const answer = await upload(
    lines(salesColumns.join(), 'SKU-1001,59.80,SO-20017,2026-11-20T14:03:00Z,ADA@example.com,2,web,9.55'),
    {},
    other,
  )
  expect(answer.text).toBe('Upload accepted\n')
  expect(other.salesBook.pseudoContacts.size).toBe(0)
  await other.close()
  await expect(startEmarsysSandbox({ salesColumns: [...salesColumns, 'customer'] })).rejects.toThrow('Exactly one')
  await expect(startEmarsysSandbox({ salesColumns: [...salesColumns, 'Price'] })).rejects.toThrow('Unknown column')
})
