import { afterAll, beforeAll, expect, test } from 'vitest'
import { Refused } from '../../../connectors/xero/sandbox/answers.ts'
import { seedBooks } from '../../../connectors/xero/sandbox/data.ts'
import { CONTACT_FIELDS, INVOICE_FIELDS } from '../../../connectors/xero/sandbox/fields.ts'
import { openAmount } from '../../../connectors/xero/sandbox/model.ts'
import { parseWhere } from '../../../connectors/xero/sandbox/where.ts'
import { type Caller, startCaller } from './sandbox-caller.ts'

const books = seedBooks({ seed: 1, contacts: 50, invoices: 400, creditNotes: 6, today: '2026-11-20' })
const invoices = books.invoices.ordered
const contact = invoices[0]?.contact

const found = (where: string): string[] =>
  invoices.filter(parseWhere(where, INVOICE_FIELDS)).map((invoice) => invoice.id)
const ids = (test: (invoice: (typeof invoices)[number]) => boolean): string[] =>
  invoices.filter(test).map((invoice) => invoice.id)

const november = Date.UTC(2026, 10, 1) / 86_400_000

test.each([
  ['Status=="AUTHORISED" AND Type=="ACCREC"', ids((one) => one.status === 'AUTHORISED' && one.type === 'ACCREC')],
  ['status=="authorised"', ids((one) => one.status === 'AUTHORISED')],
  ['Date>=DateTime(2026,11,01)', ids((one) => one.date >= november)],
  [
    'Date >= DateTime.Parse("2026-11-01") && Date < DateTime(2026, 11, 8)',
    ids((one) => one.date >= november && one.date < november + 7),
  ],
  [`Contact.ContactID==Guid("${contact?.id.toUpperCase()}")`, ids((one) => one.contact === contact)],
  [
    'AmountDue>0 AND (Status=="PAID" OR Status=="AUTHORISED")',
    ids((one) => openAmount(one) > 0 && ['PAID', 'AUTHORISED'].includes(one.status)),
  ],
  [
    'Status=="DRAFT" OR Status=="VOIDED" AND Type=="ACCPAY"',
    ids((one) => one.status === 'DRAFT' || (one.status === 'VOIDED' && one.type === 'ACCPAY')),
  ],
  ['Reference!=null AND Reference.StartsWith("po-1")', ids((one) => one.reference.startsWith('PO-1'))],
  ['InvoiceNumber.Contains("-003")', ids((one) => one.number.includes('-003'))],
  ['InvoiceNumber.ToLower()=="inv-0007"', ids((one) => one.number === 'INV-0007')],
  ['Total=0', ids((one) => one.total === 0)],
  ['FullyPaidOnDate.HasValue', ids((one) => one.fullyPaid !== null)],
])('where=%s', (where, expected) => {
  expect(found(where)).toEqual(expected)
})

test.each([
  'Status==',
  'Colour=="red"',
  'Status=="PAID',
  '(Status=="PAID"',
  'Status=="PAID" Type=="ACCREC"',
  'Total.Floor()>1',
  '',
])('the expression %s is refused', (where) => {
  expect(() => found(where)).toThrow(Refused)
})

test('a method on an empty field fails, as in Xero, unless the field is guarded', () => {
  const nobody = books.contacts.ordered.find((one) => one.email === '')
  if (!nobody) throw new Error('The seeded contacts all have an e-mail address.')
  expect(() => parseWhere('EmailAddress.Contains("@")', CONTACT_FIELDS)(nobody)).toThrow(Refused)
  expect(parseWhere('EmailAddress!=null AND EmailAddress.Contains("@")', CONTACT_FIELDS)(nobody)).toBe(false)
})

let caller: Caller
beforeAll(async () => {
  caller = await startCaller({ invoices: 400, contacts: 50, creditNotes: 6 })
})
afterAll(() => caller.sandbox.close())

test('over the wire an expression, an order and a page work together', async () => {
  const where = encodeURIComponent('Type=="ACCREC" AND Total>0')
  const { json } = await caller.get(`Invoices?where=${where}&order=Total%20DESC,InvoiceNumber&page=2&pageSize=50`)
  const all = invoices.filter((one) => one.type === 'ACCREC' && one.total > 0).map((one) => one.total / 100)
  expect(json.Invoices.map((one: { Total: number }) => one.Total)).toEqual(all.sort((a, b) => b - a).slice(50, 100))
  expect(json.pagination).toMatchObject({ page: 2, pageSize: 50, itemCount: all.length })
})

test('over the wire a bad expression is a 400 that says so', async () => {
  const answer = await caller.get(`Contacts?where=${encodeURIComponent('Name=>"a"')}`)
  expect([answer.status, answer.json.Type]).toEqual([400, 'QueryParseException'])
})
