import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Caller, invoiceBody, type Loose, startCaller } from './sandbox-caller.ts'

const place = process.env.XERO_OPENAPI
if (!place)
  console.warn('XERO_OPENAPI is not set: the answers of the Xero sandbox are not held against its OpenAPI file.')

/** Properties the live wire has and the file lacks; everything else unknown fails. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  Invoice: ['DateString', 'DueDateString', 'InvoicePaymentServices'],
  CreditNote: ['DateString', 'ID'],
}

const ENVELOPE = {
  Id: { type: 'string', format: 'uuid' },
  Status: { const: 'OK' },
  ProviderName: { type: 'string' },
  DateTimeUTC: { type: 'string', pattern: '^/Date\\(\\d+\\)/$' },
}

/** What an answer's elements must have, beyond what the file says (it requires next to nothing). */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Invoices: [
    'InvoiceID',
    'Type',
    'Status',
    'Contact',
    'Total',
    'AmountDue',
    'AmountPaid',
    'AmountCredited',
    'UpdatedDateUTC',
    'CurrencyCode',
  ],
  CreditNotes: [
    'CreditNoteID',
    'Type',
    'Status',
    'Contact',
    'Total',
    'RemainingCredit',
    'UpdatedDateUTC',
    'CurrencyCode',
  ],
  Payments: ['PaymentID', 'PaymentType', 'Status', 'Amount', 'Date', 'UpdatedDateUTC', 'Invoice'],
  Contacts: ['ContactID', 'Name', 'ContactStatus', 'UpdatedDateUTC'],
  Allocations: ['AllocationID', 'Amount', 'Date', 'Invoice'],
  Organisations: ['OrganisationID', 'Name', 'BaseCurrency', 'Timezone'],
  Accounts: ['AccountID', 'Code', 'Type', 'Status'],
  TaxRates: ['TaxType', 'EffectiveRate', 'Status'],
}

function judges(file: string): (name: string) => ValidateFunction {
  const components: Loose = parse(readFileSync(file, 'utf8'), { maxAliasCount: -1 }).components
  for (const [name, schema] of Object.entries<Loose>(components.schemas)) {
    for (const property of Object.values<Loose>(schema.properties ?? {})) {
      if (property['x-is-msdate'] || property['x-is-msdate-time']) {
        property.pattern = '^/Date\\(-?\\d+(\\+0000)?\\)/$'
      }
    }
    if (!schema.properties || name === 'Element') continue
    schema.additionalProperties = false
    for (const extra of BESIDES[name] ?? []) schema.properties[extra] ??= {}
  }
  for (const [name, required] of Object.entries(REQUIRED)) {
    const schema = components.schemas[name]
    Object.assign(schema.properties, ENVELOPE)
    schema.required = [...Object.keys(ENVELOPE), name]
    // Refused elements inside a 200 answer are echoes, and carry only what was sent.
    const whole = { required }
    schema.properties[name].items = {
      allOf: [
        schema.properties[name].items,
        {
          if: { properties: { StatusAttributeString: { const: 'ERROR' } }, required: ['StatusAttributeString'] },
          else: whole,
        },
      ],
    }
  }
  components.schemas.Error.required = ['ErrorNumber', 'Type', 'Message']
  components.schemas.Element.required = ['ValidationErrors']
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats.default(ajv)
  for (const format of ['double', 'float', 'int32', 'int64', 'byte', 'binary']) ajv.addFormat(format, true)
  ajv.addSchema({ $id: 'xero', components })
  return (name) => ajv.compile({ $ref: `xero#/components/schemas/${name}` })
}

describe.skipIf(!place)("the sandbox's answers fit Xero's own description", () => {
  let caller: Caller
  let judge: (name: string) => ValidateFunction

  beforeAll(async () => {
    caller = await startCaller({ invoices: 300, contacts: 60, creditNotes: 12 })
    judge = judges(place ?? '')
  })
  afterAll(() => caller.sandbox.close())

  const fits = (name: string, json: unknown): void => {
    const validate = judge(name)
    expect(validate(json) ? [] : validate.errors?.slice(0, 5)).toEqual([])
  }

  test.each([
    ['Organisation', 'Organisations'],
    ['Accounts', 'Accounts'],
    ['TaxRates', 'TaxRates'],
    ['Contacts', 'Contacts'],
    ['Contacts?page=1&pageSize=1000&includeArchived=true', 'Contacts'],
    ['Contacts?summaryOnly=true', 'Contacts'],
    ['Invoices', 'Invoices'],
    ['Invoices?page=1&pageSize=1000', 'Invoices'],
    ['Invoices?page=1&unitdp=4', 'Invoices'],
    ['Invoices?summaryOnly=true', 'Invoices'],
    ['Invoices?page=999', 'Invoices'],
    ['CreditNotes', 'CreditNotes'],
    ['CreditNotes?page=1', 'CreditNotes'],
    ['Payments', 'Payments'],
    ['Payments?page=1&pageSize=1000', 'Payments'],
  ])('GET %s', async (path, name) => {
    const answer = await caller.get(path)
    expect(answer.status).toBe(200)
    fits(name, answer.json)
  })

  test('every single document, read by its id', async () => {
    const { books } = caller.sandbox.state
    const invoice = (await caller.get(`Invoices/${books.invoices.ordered[0]?.id}`)).json
    const note = (await caller.get(`CreditNotes/${books.creditNotes.ordered[0]?.id}`)).json
    const payment = (await caller.get(`Payments/${books.payments.ordered[0]?.id}`)).json
    const contact = (await caller.get(`Contacts/${books.contacts.ordered[0]?.id}`)).json
    fits('Invoices', invoice)
    fits('CreditNotes', note)
    fits('Payments', payment)
    fits('Contacts', contact)
  })

  test('writes, from a new contact to a deleted allocation and a refund', async () => {
    const made = await caller.call('PUT', 'Contacts', {
      Contacts: [
        { Name: 'Grünwald & Söhne', EmailAddress: 'post@gruenwald.example', ContactPersons: [{ FirstName: 'Ida' }] },
      ],
    })
    fits('Contacts', made.json)
    const contact = made.json.Contacts[0].ContactID
    const invoice = await caller.call('PUT', 'Invoices', { Invoices: [invoiceBody(contact)] })
    fits('Invoices', invoice.json)
    const id = invoice.json.Invoices[0].InvoiceID
    const paid = await caller.call('PUT', 'Payments', {
      Payments: [{ Invoice: { InvoiceID: id }, Account: { Code: '090' }, Amount: 10, Date: '2026-11-22' }],
    })
    fits('Payments', paid.json)
    fits(
      'Payments',
      (await caller.call('POST', `Payments/${paid.json.Payments[0].PaymentID}`, { Status: 'DELETED' })).json,
    )
    const note = await caller.call('PUT', 'CreditNotes', {
      CreditNotes: [invoiceBody(contact, { Type: 'ACCRECCREDIT' })],
    })
    fits('CreditNotes', note.json)
    const noteId = note.json.CreditNotes[0].CreditNoteID
    const allocated = await caller.call('PUT', `CreditNotes/${noteId}/Allocations`, {
      Allocations: [{ Amount: 5, Invoice: { InvoiceID: id }, Date: '2026-11-22' }],
    })
    fits('Allocations', allocated.json)
    fits('CreditNotes', (await caller.get(`CreditNotes/${noteId}`)).json)
    fits('Invoices', (await caller.get(`Invoices/${id}`)).json)
    const allocationId = allocated.json.Allocations[0].AllocationID
    fits('Allocation', (await caller.call('DELETE', `CreditNotes/${noteId}/Allocations/${allocationId}`)).json)
    const refund = await caller.call('PUT', 'Payments', {
      Payments: [{ CreditNote: { CreditNoteID: noteId }, Account: { Code: '090' }, Amount: 1 }],
    })
    fits('Payments', refund.json)
    fits('Invoices', (await caller.call('POST', `Invoices/${id}`, { Status: 'VOIDED' })).json)
    fits('Contacts', (await caller.call('POST', `Contacts/${contact}`, { ContactStatus: 'ARCHIVED' })).json)
  })

  test('refusals: one 400 for a batch, or a verdict per element', async () => {
    const contact = caller.sandbox.state.books.contacts.ordered.find((one) => one.status === 'ACTIVE')?.id ?? ''
    const batch = { Invoices: [invoiceBody(contact, { LineItems: [] }), invoiceBody(contact)] }
    const summarised = await caller.call('PUT', 'Invoices', batch)
    expect(summarised.status).toBe(400)
    fits('Error', summarised.json)
    const apart = await caller.call('PUT', 'Invoices?summarizeErrors=false', batch)
    expect(apart.json.Invoices.map((one: Loose) => one.StatusAttributeString)).toEqual(['ERROR', 'OK'])
    fits('Invoices', apart.json)
    fits('Error', (await caller.call('PUT', 'Contacts', { Contacts: [{ FirstName: 'Nobody' }] })).json)
    fits('Error', (await caller.get('Invoices?where=Foo==1')).json)
    fits('Error', (await caller.call('PUT', 'Invoices', '{"Invoices":')).json)
  })

  test('the judge itself fails a broken answer: a text for a number, an unknown property, a missing envelope', async () => {
    const good = (await caller.get('Invoices?page=1&pageSize=2')).json
    const validate = judge('Invoices')
    expect(validate(good)).toBe(true)
    const { Id: _id, ...noId } = good
    expect(validate(noId)).toBe(false)
    const broken = (change: object) => ({ ...good, Invoices: [{ ...good.Invoices[0], ...change }] })
    expect(validate(broken({ Total: '12.10' }))).toBe(false)
    expect(validate(broken({ Totall: 12.1 }))).toBe(false)
    expect(validate(broken({ Status: 'PAYED' }))).toBe(false)
    expect(validate(broken({ Date: '2026-11-20' }))).toBe(false)
    expect(validate(broken({ Contact: { ContactId: 'x' } }))).toBe(false)
    expect(validate({ ...good, Invoices: 'nonsense' })).toBe(false)
  })
})
