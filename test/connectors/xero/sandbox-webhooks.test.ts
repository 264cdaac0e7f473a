import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Subscription } from '../../../connectors/xero/sandbox/webhooks.ts'
import { type Remote, startRemote } from '../support/remote.ts'
import { type Caller, type Loose, startCaller } from './sandbox-caller.ts'

// What an app is told by Xero: the handshake, signatures, what events say, repeats, order, giving up and coming back.

const KEY = 'sandbox-webhook-key-1'
const rightFor = (body: string) => createHmac('sha256', KEY).update(body).digest('base64')

let caller: Caller
let receiver: Remote
/** 200 for a right signature and 401 for a wrong one, unless something else is wanted of real events. */
let answer: number | 'late' = 200

beforeAll(async () => {
  caller = await startCaller({ contacts: 12, invoices: 30, creditNotes: 4 })
  receiver = await startRemote(({ body, headers }, response) => {
    if (headers['x-xero-signature'] !== rightFor(body)) return response.writeHead(401).end()
    if (JSON.parse(body).events.length === 0) return response.writeHead(200).end()
    if (answer !== 'late') response.writeHead(answer).end()
  })
})
beforeEach(() => {
  answer = 200
  receiver.received.length = 0
})
afterAll(async () => {
  await caller.sandbox.close()
  await receiver.close()
})

const webhooks = () => caller.sandbox.webhooks
const subscribe = (more: Partial<Subscription> = {}) =>
  webhooks().subscribe({ url: `${receiver.url}/hooks/xero`, key: KEY, retryMs: 5, giveUpMs: 40, ...more })
/** Deliveries with events, as they came. */
const told = (): Loose[] =>
  receiver.received.map(({ body }) => JSON.parse(body)).filter(({ events }) => events.length > 0)
const events = (): Loose[] => told().flatMap(({ events }) => events)
const arrived = (count: number) => expect.poll(() => events().length).toBe(count)

const invoices = () =>
  caller.sandbox.state.books.invoices.ordered.filter(
    (one) => one.status === 'AUTHORISED' && one.payments.length + one.allocations.length === 0,
  )

const people = () => caller.sandbox.state.books.contacts.ordered.filter((one) => one.status === 'ACTIVE')
const edit = (contact: string) => caller.sandbox.editContact(contact)

test('an address is asked with right and wrong signatures, and is told nothing unless it tells them apart', async () => {
  expect(await subscribe()).toMatchObject({ status: 'ok' })
  const asked = receiver.received.map(({ body, headers }) => ({
    ...JSON.parse(body),
    right: headers['x-xero-signature'] === rightFor(body),
  }))
  for (const one of asked) {
    expect(one).toMatchObject({ events: [], firstEventSequence: 0, lastEventSequence: 0 })
    expect(one.entropy).toMatch(/^[A-Z0-9]{20}$/)
  }
  expect(new Set(asked.map(({ right }) => right))).toEqual(new Set([true, false]))
  expect(await subscribe({ key: 'another' })).toMatchObject({ status: 'failed' })
})

test('an invoice says nothing of itself; what came in 2026 says its type and status', async () => {
  await subscribe()
  const { sandbox } = caller
  const [invoice] = invoices()
  sandbox.edit(invoice!.id)
  const open = sandbox.state.books.invoices.ordered.find((one) => one.status === 'AUTHORISED' && one.type === 'ACCREC')!
  sandbox.credit(open.id)
  // The note is made, used up, and the invoice is paid by it.
  await expect.poll(() => events().map(({ eventCategory }) => eventCategory)).toContain('CREDITNOTE')
  const of = (category: string) => events().filter((one) => one.eventCategory === category)
  const tenantId = caller.sandbox.tenantId
  expect(of('INVOICE')[0]).toEqual({
    ...{ resourceUrl: `https://api.xero.com/api.xro/2.0/Invoices/${invoice!.id}`, resourceId: invoice!.id, tenantId },
    ...{ eventDateUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/), eventType: 'UPDATE' },
    ...{ eventCategory: 'INVOICE', tenantType: 'ORGANISATION' },
  })
  expect(of('CREDITNOTE')[0]).toMatchObject({ eventType: 'CREATE', data: { Type: 'ACCRECCREDIT' } })
  expect(of('CREDITNOTE').at(-1).data).toEqual({ Type: 'ACCRECCREDIT', Status: 'PAID' })
  const paid = sandbox.state.books.invoices.ordered.find((one) => one.status === 'AUTHORISED' && one.type === 'ACCREC')!
  sandbox.pay(paid.id)
  await expect.poll(() => of('PAYMENT')[0]?.data).toEqual({ Type: 'ACCRECPAYMENT', Status: 'AUTHORISED' })
})

test('events are numbered through, may come more than once, and the later one first when asked for', async () => {
  await subscribe({ copies: 2 })
  const [one, other] = people()
  edit(one!.id)
  await arrived(2)
  expect(told()[1]).toEqual(told()[0])
  const last = told()[0].lastEventSequence

  await subscribe({ swapped: true })
  receiver.received.length = 0
  edit(one!.id)
  edit(other!.id)
  await arrived(2)
  expect(told().map(({ firstEventSequence: at }) => at)).toEqual([last + 2, last + 1])
  expect(events().map(({ resourceId }) => resourceId)).toEqual([other!.id, one!.id])
})

test('a refusal is tried at once, then again and again; it arrives once and later ones wait behind it', async () => {
  await subscribe({ giveUpMs: 60_000, retryMs: 5 })
  answer = 500
  const [one, other] = people()
  edit(one!.id)
  await expect.poll(() => told().length).toBeGreaterThan(3)
  expect(new Set(told().map(({ entropy }) => entropy)).size).toBe(1)
  edit(other!.id)
  const before = webhooks().state().delivered
  answer = 200
  await expect.poll(() => webhooks().state().delivered).toBe(before + 2)
  expect(
    told()
      .at(-1)
      .events.map(({ resourceId }: Loose) => resourceId),
  ).toEqual([other!.id])
})

test('after too long it is switched off; what happened comes in order once it is set up again, for 31 days', async () => {
  await subscribe({ answerMs: 250 })
  // No answer in time is none.
  answer = 'late'
  const [one, other, third] = people()
  edit(one!.id)
  await expect.poll(() => webhooks().state().status).toBe('disabled')
  edit(other!.id)
  expect(webhooks().state().waiting).toBe(2)
  answer = 200
  receiver.received.length = 0
  await subscribe()
  await arrived(2)
  expect(events().map(({ resourceId }) => resourceId)).toEqual([one!.id, other!.id])

  answer = 500
  edit(one!.id)
  await expect.poll(() => webhooks().state().status).toBe('disabled')
  caller.sandbox.advance(32 * 86_400_000)
  edit(third!.id)
  answer = 200
  receiver.received.length = 0
  await subscribe()
  await arrived(1)
  expect(events()[0].resourceId).toBe(third!.id)
})
