import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, invoiceBody, type Loose, startCaller } from './sandbox-caller.ts'

// What Xero refuses and in which words, and what it does instead of refusing.

let caller: Caller
const call: Caller['call'] = (...asked) => caller.call(...asked)
const books = () => caller.sandbox.state.books
const ZERO = '00000000-0000-0000-0000-000000000000'

beforeAll(async () => {
  caller = await startCaller({ contacts: 30, invoices: 60, creditNotes: 4 })
  archived = active().at(-1)!.id
  caller.sandbox.archiveContact(archived)
})
afterAll(() => caller.sandbox.close())

const active = () => books().contacts.ordered.filter((one) => one.status === 'ACTIVE')
const buyer = () => active()[0]!.id
let archived: string
const make = async (more: object = {}): Promise<Loose> =>
  (await call('PUT', 'Invoices', invoiceBody(buyer(), more))).json.Invoices[0]
const line = (more: object) => ({
  LineItems: [{ Description: 'Mug', Quantity: 1, UnitAmount: 1, AccountCode: '200', ...more }],
})
const pay = (invoice: string, Amount: number) =>
  call('PUT', 'Payments', { Invoice: { InvoiceID: invoice }, Account: { Code: '090' }, Date: '2026-11-20', Amount })
const journal = (lines: readonly object[], more: object = {}) =>
  call('PUT', 'ManualJournals', { Narration: 'Accrual', Date: '2026-11-20', JournalLines: lines, ...more })

/** What is refused as a whole: the words of its first element. */
const REFUSED: readonly (readonly [words: string, ask: () => Promise<Loose>])[] = [
  ['Invoice not of valid status for creation', () => call('PUT', 'Invoices', invoiceBody(buyer(), { Status: 'PAID' }))],
  ['One or more line items must be specified', () => call('PUT', 'Invoices', invoiceBody(buyer(), { LineItems: [] }))],
  [
    'A Contact must be specified for this type of transaction',
    () => call('PUT', 'Invoices', invoiceBody(buyer(), { Contact: undefined })),
  ],
  [
    'Invoice # must be unique.',
    async () => call('PUT', 'Invoices', invoiceBody(buyer(), { InvoiceNumber: (await make()).InvoiceNumber })),
  ],
  [
    'Users Organisation is not subscribed to currency NZD',
    () => call('PUT', 'Invoices', invoiceBody(buyer(), { CurrencyCode: 'NZD' })),
  ],
  [
    "The TaxType code 'INPUT2' cannot be used with account code '200'.",
    () => call('PUT', 'Invoices', invoiceBody(buyer(), line({ TaxType: 'INPUT2' }))),
  ],
  [
    'Description is longer than 4000 characters.',
    () => call('PUT', 'Invoices', invoiceBody(buyer(), line({ Description: 'x'.repeat(4001) }))),
  ],
  [
    'Invoice not of valid status for modification',
    async () => call('POST', `Invoices/${(await make()).InvoiceID}`, { Status: 'DELETED' }),
  ],
  [
    'The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to it.',
    async () => {
      const { InvoiceID } = await make()
      await pay(InvoiceID, 1)
      return call('POST', `Invoices/${InvoiceID}`, { Status: 'VOIDED' })
    },
  ],
  [
    'This document cannot be edited as it has a payment or credit note allocated to it.',
    async () => {
      const { InvoiceID } = await make()
      await pay(InvoiceID, 1)
      return call('POST', `Invoices/${InvoiceID}`, line({ UnitAmount: 9 }))
    },
  ],
  ['Payment amount exceeds the amount outstanding on this document', async () => pay((await make()).InvoiceID, 99_999)],
  [
    'Payments can only be made against Authorised documents',
    async () => pay((await make({ Status: 'DRAFT' })).InvoiceID, 1),
  ],
  [
    'Payment not of valid status for modification',
    async () => {
      const { PaymentID } = (await pay((await make()).InvoiceID, 1)).json.Payments[0]
      const path = `Payments/${PaymentID}`
      await call('POST', path, { Status: 'DELETED' })
      return call('POST', path, { Status: 'DELETED' })
    },
  ],
  [
    'The total debits (10.00) must equal total credits (-9.00)',
    () =>
      journal([
        { LineAmount: 10, AccountCode: '400' },
        { LineAmount: -9, AccountCode: '801' },
      ]),
  ],
  [
    "Account code '610' is not a valid code for this document.",
    () =>
      journal([
        { LineAmount: 10, AccountCode: '610' },
        { LineAmount: -10, AccountCode: '801' },
      ]),
  ],
  [
    'The specified contact details matched an archived contact. Archived contacts cannot currently be edited via the API.',
    () => call('POST', `Contacts/${archived}`, { FirstName: 'New' }),
  ],
  [
    'EmailAddress is longer than 255 characters.',
    () => call('POST', `Contacts/${buyer()}`, { EmailAddress: `${'x'.repeat(250)}@x.example` }),
  ],
  [
    'Unable to assign an Archived contact.',
    () => call('PUT', `ContactGroups/${books().groups[0]!.id}/Contacts`, { Contacts: [{ ContactID: archived }] }),
  ],
]

test.each(REFUSED)('refused with “%s”', async (words, ask) => {
  const { status, json } = await ask()
  expect([status, json?.Type]).toEqual([400, 'ValidationException'])
  const [element] = json.Elements
  expect(element.ValidationErrors.map(({ Message }: Loose) => Message)).toContain(words)
})

test('a name that an active contact has is refused under the zero id; one of an archived contact is free', async () => {
  const { name } = active()[0]!
  const taken = await call('PUT', 'Contacts', { Name: name.toUpperCase() })
  expect(taken.json.Elements[0]).toMatchObject({
    ContactID: ZERO,
    ValidationErrors: [
      {
        Message: `The contact name ${name.toUpperCase()} is already assigned to another contact. The contact name must be unique across all active contacts.`,
      },
    ],
  })
  const [, other] = active()
  caller.sandbox.archiveContact(other!.id)
  expect((await call('PUT', 'Contacts', { Name: other!.name })).status).toBe(200)
})

test('a wrong spelling is unreadable (14), not invalid (10); a lock date is named', async () => {
  const spelt = await call('PUT', 'Invoices', invoiceBody(buyer(), { LineAmountTypes: 'INCLUSIVE' }))
  expect([spelt.status, spelt.json.ErrorNumber, spelt.json.Type]).toEqual([400, 14, 'PostDataInvalidException'])
  caller.sandbox.lock({ period: '2026-10-31' })
  const locked = await call('PUT', 'Invoices', invoiceBody(buyer(), { Date: '2026-10-31' }))
  expect(locked.json.Elements[0].ValidationErrors[0].Message).toContain('cannot be before the period lock date')
  expect((await call('PUT', 'Invoices', invoiceBody(buyer(), { Date: '2026-11-01' }))).status).toBe(200)
  caller.sandbox.lock({ period: null })
})

test('of a batch in which one is wrong nothing is kept; with summarizeErrors=False each has its verdict, in order', async () => {
  const batch = { Contacts: [{ Name: 'Batch One' }, { Name: '' }, { Name: 'Batch Two' }] }
  const names = () => active().filter(({ name }) => name.startsWith('Batch')).length
  expect([(await call('PUT', 'Contacts', batch)).status, names()]).toEqual([400, 0])
  const { status, json } = await call('PUT', 'Contacts?summarizeErrors=False', batch)
  expect([status, names()]).toEqual([200, 2])
  expect(json.Contacts.map((one: Loose) => [one.StatusAttributeString, one.HasValidationErrors])).toEqual([
    ['OK', false],
    ['ERROR', true],
    ['OK', false],
  ])
  expect(json.Contacts[1].ContactID).toBe(ZERO)
  const plain = (await call('PUT', 'Contacts', { Name: 'Batch Three' })).json.Contacts[0]
  expect('StatusAttributeString' in plain).toBe(false)
})

describe('what is not refused', () => {
  test('a journal line of an unknown account is dropped with a warning, and what is left has to balance', async () => {
    const lines = [
      { LineAmount: 10, AccountCode: '400' },
      { LineAmount: -10, AccountCode: '801' },
      { LineAmount: 0, AccountCode: '476' },
    ]
    const { status, json } = await call('PUT', 'ManualJournals?summarizeErrors=false', {
      ...{ Narration: 'With a stranger', Date: '2026-11-20', JournalLines: lines },
    })
    const [made] = json.ManualJournals
    expect([status, made.StatusAttributeString, made.JournalLines.length]).toEqual([200, 'WARNING', 2])
    expect(made.Warnings).toEqual([
      { Message: "Account code '476' has been removed as it does not match a recognised account." },
    ])
  })

  test('a POST with a number that is there changes that invoice; lines without their ids are made anew', async () => {
    const made = await make({ LineItems: [{ Description: 'One', Quantity: 1, UnitAmount: 5, AccountCode: '200' }] })
    const again = await call(
      'POST',
      'Invoices',
      invoiceBody(buyer(), { InvoiceNumber: made.InvoiceNumber, ...line({}) }),
    )
    const [changed] = again.json.Invoices
    expect([changed.InvoiceID, changed.SubTotal]).toEqual([made.InvoiceID, 1])
    expect(changed.LineItems[0].LineItemID).not.toBe(made.LineItems[0].LineItemID)
    const [kept] = changed.LineItems
    const more = { LineItems: [{ LineItemID: kept.LineItemID, Description: 'Renamed' }] }
    const edited = (await call('POST', `Invoices/${made.InvoiceID}`, more)).json.Invoices[0]
    expect(edited.LineItems).toMatchObject([{ LineItemID: kept.LineItemID, Description: 'Renamed', UnitAmount: 1 }])
  })

  test('two bills may have one number, and a batch may be one bare object, in any case of its keys', async () => {
    const bill = invoiceBody(buyer(), { Type: 'ACCPAY', InvoiceNumber: 'B-1', ...line({ AccountCode: '400' }) })
    const [first, second] = [await call('PUT', 'Invoices', bill), await call('PUT', 'Invoices', { invoices: [bill] })]
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.json.Invoices[0].InvoiceID).not.toBe(first.json.Invoices[0].InvoiceID)
  })

  test('a contact within an invoice that says more than its id is changed by it, and its persons are replaced', async () => {
    const person = (name: string) => ({ FirstName: name, LastName: 'Lee', EmailAddress: `${name}@persons.example` })
    const one = (await call('PUT', 'Contacts', { Name: 'Persons Ltd', ContactPersons: [person('ann'), person('bob')] }))
      .json
    const { ContactID } = one.Contacts[0]
    await call('PUT', 'Invoices', invoiceBody(ContactID, { Contact: { ContactID } }))
    const persons = async () => (await caller.get(`Contacts/${ContactID}`)).json.Contacts[0].ContactPersons
    expect(await persons()).toHaveLength(2)
    const Contact = { ContactID, Name: 'Renamed Ltd', ContactPersons: [person('ann')] }
    await call('PUT', 'Invoices', invoiceBody(ContactID, { Contact }))
    expect((await persons()).map(({ FirstName }: Loose) => FirstName)).toEqual(['ann'])
    expect((await caller.get(`Contacts/${ContactID}`)).json.Contacts[0].Name).toBe('Renamed Ltd')
  })

  test('a merged contact is an archived one that names who took its place, in full answers only', async () => {
    const [loser, winner] = active().slice(-2)
    caller.sandbox.mergeContact(loser!.id, winner!.id)
    expect((await caller.get(`Contacts/${loser!.id}`)).json.Contacts[0]).toMatchObject({
      ...{ ContactStatus: 'ARCHIVED', MergedToContactID: winner!.id },
    })
    const listed = async (query: string) =>
      (await caller.get(`Contacts?${query}&IDs=${loser!.id}`)).json.Contacts.map(
        ({ MergedToContactID: into }: Loose) => into,
      )
    expect(await listed('page=1')).toEqual([])
    expect(await listed('includeArchived=true')).toEqual([undefined])
    expect(await listed('includeArchived=true&page=1')).toEqual([winner!.id])
  })

  test('lists can be searched, and held to what this app made', async () => {
    const made = await make({ Reference: 'Needle 4711' })
    const numbers = async (query: string) =>
      (await caller.get(`Invoices?page=1&pageSize=500&${query}`)).json.Invoices.map((one: Loose) => one.InvoiceNumber)
    expect(await numbers('searchTerm=needle%204711')).toEqual([made.InvoiceNumber])
    const own = await numbers('createdByMyApp=true')
    expect(own).toContain(made.InvoiceNumber)
    expect(own.length).toBeLessThan((await numbers('createdByMyApp=false')).length)
  })
})
