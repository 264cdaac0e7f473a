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
  Prepayment: ['DateString', 'ID'],
  Overpayment: ['DateString', 'ID'],
  BankTransaction: ['DateString'],
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
  Prepayments: ['PrepaymentID', 'Type', 'Status', 'Total', 'RemainingCredit', 'Allocations', 'UpdatedDateUTC'],
  Overpayments: ['OverpaymentID', 'Type', 'Status', 'Total', 'RemainingCredit', 'Allocations', 'UpdatedDateUTC'],
  BankTransactions: ['BankTransactionID', 'Type', 'Status', 'BankAccount', 'Total', 'UpdatedDateUTC'],
  ManualJournals: ['ManualJournalID', 'Narration', 'Date', 'Status', 'JournalLines', 'UpdatedDateUTC'],
  TrackingCategories: ['TrackingCategoryID', 'Name', 'Status', 'Options'],
  Items: ['ItemID', 'Code', 'Name'],
  ContactGroups: ['ContactGroupID', 'Name', 'Status'],
  HistoryRecords: ['Changes', 'DateUTC', 'User', 'Details'],
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
  // Reports have a list of another name than their schema.
  Object.assign(components.schemas.ReportWithRows.properties, ENVELOPE)
  components.schemas.ReportWithRows.required = [...Object.keys(ENVELOPE), 'Reports']
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
    caller = await startCaller({
      invoices: 300,
      contacts: 60,
      creditNotes: 12,
      money: { prepayments: 4, overpayments: 4, bankTransactions: 6, journals: 4 },
    })
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
    ['Prepayments?page=1&unitdp=4', 'Prepayments'],
    ['Overpayments?page=1', 'Overpayments'],
    ['BankTransactions?page=1', 'BankTransactions'],
    ['ManualJournals', 'ManualJournals'],
    ['ManualJournals?page=1', 'ManualJournals'],
    ['TrackingCategories', 'TrackingCategories'],
    ['Items?unitdp=4', 'Items'],
    ['ContactGroups', 'ContactGroups'],
    ['Reports/TrialBalance?date=2026-11-20', 'ReportWithRows'],
    ['Reports/ProfitAndLoss?fromDate=2026-01-01&toDate=2026-11-20', 'ReportWithRows'],
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

  test('journals, money paid ahead, groups, notes and the report of what a contact owes', async () => {
    const { books } = caller.sandbox.state
    const contact = books.contacts.ordered.find((one) => one.status === 'ACTIVE')!
    const journal = await caller.call('PUT', 'ManualJournals?summarizeErrors=false', {
      ManualJournals: [
        {
          Narration: 'Daily sales [2026-11-20]',
          Date: '2026-11-20',
          Status: 'POSTED',
          LineAmountTypes: 'Exclusive',
          JournalLines: [
            {
              LineAmount: -100,
              AccountCode: '200',
              TaxType: 'OUTPUT2',
              Tracking: [{ Name: 'Region', Option: 'North' }],
            },
            { LineAmount: 120, AccountCode: '825' },
          ],
        },
      ],
    })
    fits('ManualJournals', journal.json)
    expect(journal.json.ManualJournals[0].StatusAttributeString).toBe('OK')
    const received = await caller.call('PUT', 'BankTransactions', {
      BankTransactions: [
        {
          Type: 'RECEIVE-PREPAYMENT',
          Contact: { ContactID: contact.id },
          BankAccount: { Code: '090' },
          LineItems: [{ Description: 'Deposit', Quantity: 1, UnitAmount: 50, AccountCode: '825' }],
        },
      ],
    })
    fits('BankTransactions', received.json)
    const id = received.json.BankTransactions[0].PrepaymentID
    const made = await caller.call('PUT', 'Invoices', { Invoices: [invoiceBody(contact.id)] })
    const invoice = made.json.Invoices[0]
    const allocated = await caller.call('PUT', `Prepayments/${id}/Allocations`, {
      Allocations: [{ Amount: 10, Invoice: { InvoiceID: invoice.InvoiceID }, Date: '2026-11-20' }],
    })
    fits('Allocations', allocated.json)
    fits('Prepayments', (await caller.get(`Prepayments/${id}`)).json)
    const after = await caller.get(`Invoices/${invoice.InvoiceID}`)
    fits('Invoices', after.json)
    expect(after.json.Invoices[0].AmountDue).toBe(invoice.AmountDue - 10)
    const group = `ContactGroups/${books.groups[0]!.id}`
    fits('Contacts', (await caller.call('PUT', `${group}/Contacts`, { Contacts: [{ ContactID: contact.id }] })).json)
    fits('ContactGroups', (await caller.get(group)).json)
    expect((await caller.call('DELETE', `${group}/Contacts/${contact.id}`)).status).toBe(204)
    const notes = `Invoices/${invoice.InvoiceID}/History`
    fits('HistoryRecords', (await caller.call('PUT', notes, { HistoryRecords: [{ Details: 'Seen' }] })).json)
    fits('HistoryRecords', (await caller.get(notes)).json)
    fits('ReportWithRows', (await caller.get(`Reports/AgedReceivablesByContact?contactId=${contact.id}`)).json)
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
