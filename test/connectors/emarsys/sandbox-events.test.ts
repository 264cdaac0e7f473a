import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { bearerCaller, type Caller } from './sandbox-caller.ts'

let sandbox: EmarsysSandbox
let call: Caller
beforeEach(async () => {
  sandbox = await startEmarsysSandbox()
  call = await bearerCaller(sandbox)
  sandbox.plantContact({ '3': 'ada@example.com' })
})
afterEach(() => sandbox.close())

const trigger = (body: unknown, event = 204) => call('POST', `/api/v3/event/${event}/trigger`, body)
const ada = { key_id: '3', external_id: 'ada@example.com' }

test('events are listed, made, read, renamed, and deleted unless a program uses them', async () => {
  expect((await call('GET', '/api/v2/event/')).body.data).toContainEqual({
    id: '204',
    name: 'invoice_overdue',
    created: expect.any(String),
  })
  const made = await call('POST', '/api/v3/event', { name: 'thanks' })
  expect(made.body.data).toEqual({ id: expect.any(Number), name: 'thanks' })
  const { id } = made.body.data as { id: number }
  await call('POST', `/api/v3/event/${id}`, { name: 'many thanks' })
  expect((await call('GET', `/api/v3/event/${id}`)).body.data).toMatchObject({ id: String(id), name: 'many thanks' })
  expect((await call('POST', `/api/v3/event/${id}/delete`, {})).body.replyCode).toBe(0)
  expect((await call('POST', '/api/v3/event/204/delete', {})).body.replyCode).toBe(5012)
})

test('a trigger for a known contact is accepted with its data, also when no program listens', async () => {
  const answer = await trigger(
    { ...ada, event_time: '2026-11-22T10:00:00.000Z', data: { global: { invoice_no: 'INV-0042' } } },
    205,
  )
  expect(answer.body).toEqual({ replyCode: 0, replyText: 'OK', data: {} })
  expect(sandbox.mails()).toMatchObject([
    { name: 'invoice_paid', key: 'ada@example.com', data: { global: { invoice_no: 'INV-0042' } } },
  ])
})

test('a repeated trigger id answers the same and sends nothing; without one every trigger counts', async () => {
  const first = await trigger({ ...ada, trigger_id: 'xero:inv-0042:overdue:v1', data: { n: 1 } })
  const second = await trigger({ ...ada, trigger_id: 'xero:inv-0042:overdue:v1', data: { n: 2 } })
  expect(second.body).toEqual(first.body)
  expect(sandbox.mails()).toMatchObject([{ data: { n: 1 } }])
  expect(sandbox.events).toHaveLength(2)
  await trigger({ ...ada, trigger_id: 'xero:inv-0042:overdue:v1' }, 205)
  expect(sandbox.mails()).toHaveLength(2)
  await trigger(ada)
  await trigger(ada)
  expect(sandbox.mails()).toHaveLength(4)
})

test('a batch reports unknown contacts and bad triggers by key, and contacts decides over external_id', async () => {
  const answer = await trigger({
    key_id: '3',
    external_id: '',
    data: null,
    contacts: [
      { external_id: 'ada@example.com', trigger_id: 'r9:0', data: { global: { n: '1' } } },
      { external_id: 'gone@example.com', trigger_id: 'r9:1', data: {} },
    ],
  })
  expect(answer.status).toBe(200)
  expect(answer.body.data).toEqual({
    ids: [expect.any(String)],
    errors: { 'gone@example.com': { '2008': 'No contact found with the external id: 3' } },
  })
  expect(sandbox.mails()).toHaveLength(1)
})

test('single triggers that cannot be taken are refused with their code, and nothing is remembered', async () => {
  const refused = async (body: unknown, event?: number) => {
    const answer = await trigger(body, event)
    return [answer.status, answer.body.replyCode, answer.body.replyText]
  }
  expect(await refused({ ...ada, external_id: 'gone@example.com', trigger_id: 't' })).toEqual([
    400,
    2008,
    'No contact found with the external id: 3 - gone@example.com',
  ])
  expect(await refused(ada, 999)).toEqual([400, 5001, 'Invalid event id for customer.'])
  expect((await refused({ ...ada, event_time: '2026-11-22 10:00' }))[1]).toBe(5010)
  expect((await refused({ ...ada, event_time: '2026-11-22T10:00:00.123Z' }))[1]).toBe(5010)
  expect((await refused({ ...ada, data: ['x'] }))[1]).toBe(5011)
  expect((await refused({ ...ada, data: { big: 'x'.repeat(1024 * 1024) } }))[1]).toBe(5008)
  expect((await refused({ key_id: '3', contacts: Array(1001).fill(ada) }))[1]).toBe(1000)
  expect(sandbox.events).toEqual([])

  sandbox.plantContact({ '3': 'gone@example.com' })
  await trigger({ ...ada, external_id: 'gone@example.com', trigger_id: 't' })
  expect(sandbox.mails()).toHaveLength(1)
})
