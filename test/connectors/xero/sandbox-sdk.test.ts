import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as Sdk from 'xero-node'
import { startXeroSandbox, type XeroSandbox } from '../../../connectors/xero/sandbox/server.ts'
import { appToken, type Loose } from './sandbox-caller.ts'

/**
 * Xero's own client, unmodified, against the sandbox. It has no option for the base address, so its axios (the very
 * copy it loads) sends every Xero host to the sandbox, and its OpenID client is told the addresses instead of asking.
 */
const require = createRequire(import.meta.url)
const insideSdk = createRequire(require.resolve('xero-node'))
const { XeroClient, Invoice, LineAmountTypes, Contact, Payment, CreditNote, BankTransaction, ManualJournal } =
  require('xero-node') as typeof Sdk
const axios = insideSdk('axios')
const { Issuer } = insideSdk('openid-client')

const MONEY = { prepayments: 3, overpayments: 3, bankTransactions: 5, journals: 3 }

let sandbox: XeroSandbox
let xero: Sdk.XeroClient
let tenant: string
let interceptor: number

beforeAll(async () => {
  sandbox = await startXeroSandbox({
    limits: 'off',
    contacts: 40,
    invoices: 250,
    creditNotes: 6,
    money: MONEY,
    autoApprove: true,
  })
  tenant = sandbox.tenantId
  interceptor = axios.interceptors.request.use((config: Loose) => {
    config.url = config.url.replace(/^https:\/\/(api|identity)\.xero\.com/, sandbox.url)
    return config
  })
  xero = new XeroClient({
    clientId: sandbox.clientId,
    clientSecret: sandbox.clientSecret,
    grantType: 'client_credentials',
  })
  await xero.getClientCredentialsToken()
})

afterAll(async () => {
  axios.interceptors.request.eject(interceptor)
  await sandbox.close()
})

/** The client rejects with JSON text, not with an Error. */
async function refused(call: Promise<unknown>): Promise<Loose> {
  const problem: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(problem).toBeTypeOf('string')
  return JSON.parse(String(problem)).response
}

async function newContact(name: string): Promise<string> {
  const { body } = await xero.accountingApi.createContacts(tenant, { contacts: [{ name }] })
  return body.contacts?.[0]?.contactID ?? ''
}

function sale(contactID: string, more: Partial<Sdk.Invoice> = {}): Sdk.Invoice {
  return {
    type: Invoice.TypeEnum.ACCREC,
    contact: { contactID },
    date: '2026-11-20',
    dueDate: '2026-12-20',
    lineAmountTypes: LineAmountTypes.Exclusive,
    status: Invoice.StatusEnum.AUTHORISED,
    lineItems: [{ description: 'Workshop', quantity: 3, unitAmount: 12.12, accountCode: '200', taxType: 'OUTPUT2' }],
    ...more,
  }
}

async function newSale(contactID: string): Promise<Sdk.Invoice> {
  const { body } = await xero.accountingApi.createInvoices(tenant, { invoices: [sale(contactID)] })
  const made = body.invoices?.[0]
  if (!made) throw new Error('The sandbox answered without the invoice.')
  return made
}

test('the consent of a person: address, code, tokens, tenants, refresh, revocation', async () => {
  const web = new XeroClient({
    clientId: sandbox.clientId,
    clientSecret: sandbox.clientSecret,
    redirectUris: ['http://localhost:9999/callback'],
    scopes: 'openid profile email offline_access accounting.invoices accounting.settings'.split(' '),
  })
  const issuer = new Issuer({
    issuer: sandbox.url,
    authorization_endpoint: `${sandbox.url}/identity/connect/authorize`,
    token_endpoint: `${sandbox.url}/connect/token`,
    revocation_endpoint: `${sandbox.url}/connect/revocation`,
    jwks_uri: `${sandbox.url}/.well-known/openid-configuration/jwks`,
  })
  web.openIdClient = new issuer.Client({
    client_id: sandbox.clientId,
    client_secret: sandbox.clientSecret,
    redirect_uris: ['http://localhost:9999/callback'],
  })
  const consent = await fetch(await web.buildConsentUrl(), { redirect: 'manual' })
  const first = await web.apiCallback(consent.headers.get('location') ?? '')
  // Counted by the library from the moment it knew, down to whole seconds.
  expect([1800, 1799, 1798]).toContain(first.expires_in)
  const tenants = await web.updateTenants(true)
  expect(tenants.map((one) => [one.tenantId, one.orgData.name])).toEqual([[tenant, 'Sandbox Trading Ltd']])
  const second = await web.refreshToken()
  expect(second.refresh_token).not.toBe(first.refresh_token)
  expect((await web.accountingApi.getOrganisations(tenant)).body.organisations?.[0]?.baseCurrency).toBe('GBP')

  await web.revokeToken()
  web.setTokenSet(second)
  expect((await refused(web.accountingApi.getOrganisations(tenant))).statusCode).toBe(401)
  await xero.getClientCredentialsToken()
})

test('it pages through every invoice once, in the order of their changes', async () => {
  const seen: Sdk.Invoice[] = []
  for (let page = 1; ; page++) {
    const { body } = await xero.accountingApi.getInvoices(
      tenant,
      undefined,
      undefined,
      'UpdatedDateUTC ASC',
      undefined,
      undefined,
      undefined,
      undefined,
      page,
      undefined,
      undefined,
      4,
      undefined,
      100,
    )
    seen.push(...(body.invoices ?? []))
    if (page >= (body.pagination?.pageCount ?? 0)) break
  }
  expect(new Set(seen.map((invoice) => invoice.invoiceID)).size).toBe(sandbox.state.books.invoices.size)
  const instants = seen.map((invoice) => Number(invoice.updatedDateUTC))
  expect(instants).toEqual([...instants].sort((a, b) => a - b))
  expect(seen.every((invoice) => (invoice.lineItems?.length ?? 0) > 0)).toBe(true)
})

test('it finds invoices by ids, by status, by an expression and by what changed since', async () => {
  const [a, b] = sandbox.state.books.invoices.ordered
  const ids = [a?.id ?? '', b?.id ?? '']
  const byId = await xero.accountingApi.getInvoices(tenant, undefined, undefined, undefined, ids)
  expect(byId.body.invoices?.map((invoice) => invoice.invoiceID).sort()).toEqual(ids.sort())
  const drafts = await xero.accountingApi.getInvoices(
    tenant,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    ['DRAFT', 'SUBMITTED'],
  )
  expect(new Set(drafts.body.invoices?.map((invoice) => String(invoice.status)))).toEqual(
    new Set(['DRAFT', 'SUBMITTED']),
  )
  const where = 'Type=="ACCPAY" AND Date>=DateTime(2026,01,01) AND AmountDue>0'
  const bills = await xero.accountingApi.getInvoices(tenant, undefined, where)
  expect(bills.body.invoices?.length).toBeGreaterThan(0)
  expect(
    bills.body.invoices?.every((invoice) => String(invoice.type) === 'ACCPAY' && (invoice.amountDue ?? 0) > 0),
  ).toBe(true)
  const since = new Date('2026-11-01T00:00:00Z')
  const changed = await xero.accountingApi.getInvoices(tenant, since)
  expect(changed.body.invoices?.length).toBe(
    sandbox.state.books.invoices.ordered.filter((invoice) => invoice.updated >= since.getTime()).length,
  )
})

test('it creates, changes, pays, unpays and voids an invoice', async () => {
  const contact = await newContact('Marlow Motors Ltd (SDK)')
  const made = await newSale(contact)
  expect(made).toMatchObject({ subTotal: 36.36, totalTax: 7.27, total: 43.63, amountDue: 43.63 })
  const changed = await xero.accountingApi.updateInvoice(tenant, made.invoiceID ?? '', {
    invoices: [{ reference: 'PO 7' }],
  })
  expect(changed.body.invoices?.[0]?.reference).toBe('PO 7')

  const paid = await xero.accountingApi.createPayment(tenant, {
    invoice: { invoiceID: made.invoiceID ?? '' },
    account: { code: '090' },
    amount: 43.63,
    date: '2026-11-21',
  })
  const settled = await xero.accountingApi.getInvoice(tenant, made.invoiceID ?? '')
  expect(settled.body.invoices?.[0]).toMatchObject({
    amountDue: 0,
    amountPaid: 43.63,
    fullyPaidOnDate: new Date('2026-11-21'),
  })
  expect(String(settled.body.invoices?.[0]?.status)).toBe('PAID')

  await xero.accountingApi.deletePayment(tenant, paid.body.payments?.[0]?.paymentID ?? '', { status: 'DELETED' })
  const voided = await xero.accountingApi.updateInvoice(tenant, made.invoiceID ?? '', {
    invoices: [{ status: Invoice.StatusEnum.VOIDED }],
  })
  expect(String(voided.body.invoices?.[0]?.status)).toBe('VOIDED')
  const again = await refused(
    xero.accountingApi.updateInvoice(tenant, made.invoiceID ?? '', {
      invoices: [{ status: Invoice.StatusEnum.DRAFT }],
    }),
  )
  expect(again.statusCode).toBe(400)
  expect(again.body.Elements[0].ValidationErrors[0].Message).toBe('Invoice not of valid status for modification')
})

test('it creates a credit note, allocates it, takes the allocation back and refunds it', async () => {
  const contactID = await newContact('Kestrel Knitwear LLP (SDK)')
  const invoice = await newSale(contactID)
  const made = await xero.accountingApi.createCreditNotes(tenant, {
    creditNotes: [
      {
        type: CreditNote.TypeEnum.ACCRECCREDIT,
        contact: { contactID },
        status: CreditNote.StatusEnum.AUTHORISED,
        lineItems: [{ description: 'Goods returned', quantity: 1, unitAmount: 10, accountCode: '200' }],
      },
    ],
  })
  const id = made.body.creditNotes?.[0]?.creditNoteID ?? ''
  const allocated = await xero.accountingApi.createCreditNoteAllocation(tenant, id, {
    allocations: [{ amount: 12, date: '2026-11-20', invoice: { invoiceID: invoice.invoiceID ?? '' } }],
  })
  const used = await xero.accountingApi.getCreditNote(tenant, id)
  expect(used.body.creditNotes?.[0]).toMatchObject({ remainingCredit: 0, total: 12 })
  expect(String(used.body.creditNotes?.[0]?.status)).toBe('PAID')
  const credited = await xero.accountingApi.getInvoice(tenant, invoice.invoiceID ?? '')
  expect(credited.body.invoices?.[0]).toMatchObject({ amountCredited: 12, amountDue: 31.63 })

  const allocation = allocated.body.allocations?.[0]?.allocationID ?? ''
  const removed = await xero.accountingApi.deleteCreditNoteAllocations(tenant, id, allocation)
  expect(removed.body.isDeleted).toBe(true)
  const refund = await xero.accountingApi.createPayments(tenant, {
    payments: [{ creditNote: { creditNoteID: id }, account: { code: '090' }, amount: 12, date: '2026-11-21' }],
  })
  expect(String(refund.body.payments?.[0]?.paymentType)).toBe(String(Payment.PaymentTypeEnum.ARCREDITPAYMENT))
})

test('it keeps contacts: a taken name is refused, an archived one hides and cannot be edited', async () => {
  const id = await newContact('Brücken Bakery GmbH (SDK)')
  const taken = await refused(
    xero.accountingApi.createContacts(tenant, { contacts: [{ name: 'brücken bakery gmbh (sdk)' }] }),
  )
  expect(taken.body.Elements[0].ContactID).toBe('00000000-0000-0000-0000-000000000000')
  await xero.accountingApi.updateContact(tenant, id, {
    contacts: [{ contactStatus: Contact.ContactStatusEnum.ARCHIVED }],
  })
  const hidden = await xero.accountingApi.getContacts(tenant, undefined, undefined, undefined, [id])
  expect(hidden.body.contacts).toEqual([])
  const shown = await xero.accountingApi.getContacts(tenant, undefined, undefined, undefined, [id], 1, true)
  expect(shown.body.contacts?.map((contact) => contact.contactID)).toEqual([id])
  const edited = await refused(xero.accountingApi.updateContact(tenant, id, { contacts: [{ firstName: 'Käthe' }] }))
  expect(edited.body.Elements[0].ValidationErrors[0].Message).toMatch(/archived contact/)
})

test('a batch with summarizeErrors=false answers 200 with a verdict for each element, in order', async () => {
  const contactID = await newContact('Orchard Outdoor plc (SDK)')
  const { body } = await xero.accountingApi.createInvoices(
    tenant,
    { invoices: [sale(contactID, { lineItems: [] }), sale(contactID)] },
    false,
  )
  expect(body.invoices?.map((invoice) => invoice.statusAttributeString)).toEqual(['ERROR', 'OK'])
  expect(body.invoices?.[0]?.validationErrors?.[0]?.message).toBe('One or more line items must be specified')
  expect(body.invoices?.[0]?.hasErrors).toBe(true)
})

test('an idempotency key repeats the answer and makes no second invoice', async () => {
  const contactID = await newContact('Thistle Textiles Ltd (SDK)')
  const before = sandbox.state.books.invoices.size
  const create = () =>
    xero.accountingApi.createInvoices(tenant, { invoices: [sale(contactID)] }, undefined, undefined, 'key-1')
  const [first, second] = [await create(), await create()]
  expect(second.body.invoices?.[0]?.invoiceID).toBe(first.body.invoices?.[0]?.invoiceID)
  expect(sandbox.state.books.invoices.size).toBe(before + 1)
})

test('it reads money beside invoices, settings, groups and reports', async () => {
  const api = xero.accountingApi
  const [prepayments, overpayments, transactions, journals] = await Promise.all([
    api.getPrepayments(tenant, undefined, undefined, undefined, 1),
    api.getOverpayments(tenant, undefined, undefined, undefined, 1),
    api.getBankTransactions(tenant, undefined, undefined, undefined, 1),
    api.getManualJournals(tenant, undefined, undefined, undefined, 1),
  ])
  expect(prepayments.body.prepayments).toHaveLength(3)
  expect(overpayments.body.overpayments).toHaveLength(3)
  expect(transactions.body.bankTransactions).toHaveLength(11)
  expect(journals.body.manualJournals?.map((one) => one.journalLines?.length)).toEqual([2, 2, 2])
  expect((await api.getTrackingCategories(tenant)).body.trackingCategories?.[0]?.options).toHaveLength(3)
  expect((await api.getItems(tenant)).body.items?.map((item) => item.code)).toContain('TOTE')
  expect((await api.getReportTrialBalance(tenant, '2026-11-20')).body.reports?.[0]?.rows?.length).toBeGreaterThan(3)
  const report = await api.getReportProfitAndLoss(tenant, '2026-01-01', '2026-11-20')
  expect(report.body.reports?.[0]?.reportID).toBe('ProfitAndLoss')
})

test('it books a balanced journal, groups a contact and leaves a note', async () => {
  const api = xero.accountingApi
  const lines = (credit: number) => [
    { lineAmount: 250, accountCode: '400' },
    { lineAmount: credit, accountCode: '801' },
  ]
  const made = await api.createManualJournals(tenant, {
    manualJournals: [{ narration: 'Accrual [sdk-1]', date: '2026-11-20', journalLines: lines(-250) }],
  })
  expect(String(made.body.manualJournals?.[0]?.status)).toBe('DRAFT')
  const off = await refused(
    api.createManualJournals(tenant, { manualJournals: [{ narration: 'Off', journalLines: lines(-249.99) }] }),
  )
  expect(off.body.Elements[0].ValidationErrors[0].Message).toContain('must equal total credits (-249.99)')

  const contactID = await newContact('Group Member Ltd (SDK)')
  const group = (await api.getContactGroups(tenant)).body.contactGroups?.[0]?.contactGroupID ?? ''
  await api.createContactGroupContacts(tenant, group, { contacts: [{ contactID }] })
  const shown = await api.getContactGroup(tenant, group)
  expect(shown.body.contactGroups?.[0]?.contacts?.map((contact) => contact.contactID)).toEqual([contactID])
  await api.deleteContactGroupContact(tenant, group, contactID)

  const { invoiceID = '' } = await newSale(contactID)
  await api.createInvoiceHistory(tenant, invoiceID, { historyRecords: [{ details: 'Sent' }] })
  const history = await api.getInvoiceHistory(tenant, invoiceID)
  expect(history.body.historyRecords?.map((one) => one.details)).toContain('Sent')
  const aged = await api.getReportAgedReceivablesByContact(tenant, contactID)
  expect(aged.body.reports?.[0]?.rows?.at(-1)?.rows?.at(-1)?.cells?.at(-1)?.value).toBe('43.63')
})

test('an unknown invoice is a 404 without JSON, another tenant a 403, the minute limit an empty 429', async () => {
  const missing = await refused(xero.accountingApi.getInvoice(tenant, '11111111-1111-4111-8111-111111111111'))
  expect([missing.statusCode, missing.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
  const foreign = await refused(xero.accountingApi.getOrganisations('22222222-2222-4222-8222-222222222222'))
  expect([foreign.statusCode, foreign.body.Detail]).toEqual([403, 'AuthenticationUnsuccessful'])
  sandbox.setLimits({ perMinute: 0 })
  const limited = await refused(xero.accountingApi.getOrganisations(tenant))
  sandbox.setLimits('off')
  expect([limited.statusCode, limited.headers['x-rate-limit-problem'], limited.body]).toEqual([429, 'minute', ''])
  expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
})

test('a token of the app may ask for fewer scopes than the app has', async () => {
  const narrow = new XeroClient({ clientId: sandbox.clientId, clientSecret: sandbox.clientSecret })
  narrow.setTokenSet({ access_token: await appToken(sandbox, 'accounting.contacts.read') })
  expect((await narrow.accountingApi.getContacts(tenant)).body.contacts?.length).toBeGreaterThan(0)
  const refusal = await refused(narrow.accountingApi.getInvoices(tenant))
  expect([refusal.statusCode, refusal.body.Detail, refusal.headers['www-authenticate']]).toEqual([
    401,
    'AuthorizationUnsuccessful',
    'Bearer error="insufficent_scope"',
  ])
})

test('it reads every list, and one of each, as Xero’s client knows them', async () => {
  const api = xero.accountingApi
  const body = async <B>(answer: Promise<{ readonly body: B }>): Promise<B> => (await answer).body
  const accounts = (await body(api.getAccounts(tenant))).accounts ?? []
  expect(accounts.map(({ code }) => code)).toContain('200')
  expect((await body(api.getAccount(tenant, accounts[0]?.accountID ?? ''))).accounts?.[0]?.code).toBe(accounts[0]?.code)
  expect((await body(api.getTaxRates(tenant))).taxRates?.map(({ taxType }) => taxType)).toContain('OUTPUT2')
  const [category] = (await body(api.getTrackingCategories(tenant))).trackingCategories ?? []
  const alone = await body(api.getTrackingCategory(tenant, category?.trackingCategoryID ?? ''))
  expect(alone.trackingCategories?.[0]?.name).toBe(category?.name)
  const [item] = (await body(api.getItems(tenant))).items ?? []
  expect((await body(api.getItem(tenant, item?.itemID ?? ''))).items?.[0]?.code).toBe(item?.code)

  const [payment] = (await body(api.getPayments(tenant))).payments ?? []
  expect((await body(api.getPayment(tenant, payment?.paymentID ?? ''))).payments?.[0]?.amount).toBe(payment?.amount)
  const [note] = (await body(api.getCreditNotes(tenant, undefined, undefined, undefined, 1))).creditNotes ?? []
  const read = await body(api.getCreditNote(tenant, note?.creditNoteID ?? ''))
  expect(read.creditNotes?.[0]?.lineItems?.length).toBeGreaterThan(0)
  const [person] = (await body(api.getContacts(tenant, undefined, undefined, undefined, undefined, 1))).contacts ?? []
  expect((await body(api.getContact(tenant, person?.contactID ?? ''))).contacts?.[0]?.name).toBe(person?.name)
  const [over] = (await body(api.getOverpayments(tenant, undefined, undefined, undefined, 1))).overpayments ?? []
  const ahead = await body(api.getOverpayment(tenant, over?.overpaymentID ?? ''))
  expect(ahead.overpayments?.[0]?.remainingCredit).toBe(over?.remainingCredit)
  const moved = (await body(api.getBankTransactions(tenant, undefined, undefined, undefined, 1))).bankTransactions ?? []
  const money = await body(api.getBankTransaction(tenant, moved[0]?.bankTransactionID ?? ''))
  expect(money.bankTransactions?.[0]?.total).toBe(moved[0]?.total)
  const [journal] = (await body(api.getManualJournals(tenant, undefined, undefined, undefined, 1))).manualJournals ?? []
  const booked = await body(api.getManualJournal(tenant, journal?.manualJournalID ?? ''))
  expect(booked.manualJournals?.[0]?.narration).toBe(journal?.narration)
})

test('it receives a prepayment, applies it to an invoice and takes it back; posts a journal; leaves notes', async () => {
  const api = xero.accountingApi
  const contactID = await newContact('Deposit Ltd (SDK)')
  const received = await api.createBankTransactions(tenant, {
    bankTransactions: [
      {
        type: BankTransaction.TypeEnum.RECEIVEPREPAYMENT,
        contact: { contactID },
        date: '2026-11-20',
        bankAccount: { code: '090' },
        lineItems: [{ description: 'Deposit', quantity: 1, unitAmount: 10, accountCode: '200', taxType: 'NONE' }],
      },
    ],
  })
  const id = received.body.bankTransactions?.[0]?.prepaymentID ?? ''
  const left = async () => (await api.getPrepayment(tenant, id)).body.prepayments?.[0]?.remainingCredit
  const whole = await left()
  const { invoiceID = '' } = await newSale(contactID)
  const applied = await api.createPrepaymentAllocations(tenant, id, {
    allocations: [{ amount: 4, date: '2026-11-20', invoice: { invoiceID } }],
  })
  expect(await left()).toBe(Number(whole) - 4)
  await api.deletePrepaymentAllocations(tenant, id, applied.body.allocations?.[0]?.allocationID ?? '')
  expect(await left()).toBe(whole)

  const made = await api.createManualJournals(tenant, {
    manualJournals: [
      {
        narration: 'Posted [sdk-2]',
        date: '2026-11-20',
        status: ManualJournal.StatusEnum.POSTED,
        journalLines: [
          { lineAmount: 5, accountCode: '400' },
          { lineAmount: -5, accountCode: '801' },
        ],
      },
    ],
  })
  expect(String(made.body.manualJournals?.[0]?.status)).toBe('POSTED')
  await api.createContactHistory(tenant, contactID, { historyRecords: [{ details: 'Paid ahead' }] })
  const notes = (await api.getContactHistory(tenant, contactID)).body.historyRecords
  expect(notes?.map(({ details }) => details)).toContain('Paid ahead')
})

test('it changes several at once: contacts and invoices that are there, and an overpayment on an invoice', async () => {
  const api = xero.accountingApi
  const contactID = await newContact('Several Ltd (SDK)')
  const renamed = await api.updateOrCreateContacts(tenant, { contacts: [{ contactID, name: 'Several plc (SDK)' }] })
  expect(renamed.body.contacts?.[0]?.name).toBe('Several plc (SDK)')
  const { invoiceID = '' } = await newSale(contactID)
  const gone = await api.updateOrCreateInvoices(tenant, {
    invoices: [{ invoiceID, status: Invoice.StatusEnum.VOIDED }],
  })
  expect(String(gone.body.invoices?.[0]?.status)).toBe('VOIDED')
  const note = { type: CreditNote.TypeEnum.ACCRECCREDIT, contact: { contactID }, date: '2026-11-20' }
  const lineItems = [{ description: 'Back', quantity: 1, unitAmount: 5, accountCode: '200' }]
  const noted = await api.updateOrCreateCreditNotes(tenant, { creditNotes: [{ ...note, lineItems }] })
  expect(noted.body.creditNotes?.[0]?.subTotal).toBe(5)

  const received = await api.createBankTransactions(tenant, {
    bankTransactions: [
      {
        type: BankTransaction.TypeEnum.RECEIVEOVERPAYMENT,
        contact: { contactID },
        date: '2026-11-20',
        bankAccount: { code: '090' },
        lineItems: [{ description: 'Too much', quantity: 1, unitAmount: 7, lineAmount: 7 }],
      },
    ],
  })
  const id = received.body.bankTransactions?.[0]?.overpaymentID ?? ''
  const open = (await newSale(contactID)).invoiceID ?? ''
  await api.createOverpaymentAllocations(tenant, id, {
    allocations: [{ amount: 3, date: '2026-11-20', invoice: { invoiceID: open } }],
  })
  expect((await api.getOverpayment(tenant, id)).body.overpayments?.[0]?.remainingCredit).toBe(4)
})

/** Each kind of call that connectors/xero makes. */
const OURS = `
  GET /Accounts · GET /BankTransactions · GET /ContactGroups · GET /ContactGroups/:id · GET /Contacts
  GET /CreditNotes · GET /CreditNotes/:id · GET /Invoices · GET /Invoices/:id/History · GET /Items
  GET /ManualJournals · GET /Organisation · GET /Overpayments · GET /Overpayments/:id · GET /Payments
  GET /Payments/:id · GET /Prepayments · GET /Prepayments/:id · GET /Reports/:id · GET /TaxRates
  GET /TrackingCategories · GET /connections · POST /connect/token
  PUT /Contacts · POST /Contacts · PUT /Invoices · POST /Invoices · PUT /Invoices/:id/History · PUT /CreditNotes
  PUT /CreditNotes/:id/Allocations · PUT /Prepayments/:id/Allocations · PUT /Overpayments/:id/Allocations
  PUT /Payments · POST /Payments/:id · PUT /ManualJournals · PUT /ContactGroups/:id/Contacts
  DELETE /ContactGroups/:id/Contacts/:id`

test('every kind of call that the connector makes was made by Xero’s own client, too', () => {
  const met = new Set([...sandbox.requests.byRoute.keys()].map((route) => route.replace('/api.xro/2.0', '')))
  const ours = OURS.split(/ · |\n/).map((route) => route.trim())
  expect(ours.filter((route) => route !== '' && !met.has(route))).toEqual([])
})
