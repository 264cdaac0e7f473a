import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { type Changes, INTERNAL, signedCall } from './escher-caller.ts'
import { callerOf } from './sandbox-caller.ts'

// The internal path of partners, whose signatures an independent package makes.

let sandbox: EmarsysSandbox
let now: number | undefined
beforeAll(async () => {
  sandbox = await startEmarsysSandbox({ limits: { perMinute: 100 }, now: () => now ?? Date.now() })
})
beforeEach(() => {
  now = undefined
  sandbox.setQuirks({ clockSkewMs: 300_000 })
})
afterAll(() => sandbox.close())

const partner = (method: string, path: string, body = '', changes: Changes = {}) =>
  signedCall(sandbox, method, path, body, changes)

const ADA = JSON.stringify({ key_id: '3', contacts: [{ '3': 'ada@example.com', '1': 'Ada – “Å”' }] })

test('the requests of suite-js-sdk, with its parameters in the path', async () => {
  const refused: string[] = []
  const good = async (method: string, path: string, body?: unknown) => {
    const answer = await partner(method, path, body === undefined ? '' : JSON.stringify(body))
    if (answer.status !== 200 || answer.body.replyCode !== 0) refused.push(`${method} ${path}: ${answer.text}`)
    return answer.body.data
  }
  await good('GET', '/settings')
  await good('PUT', '/contact/create_if_not_exists=1', JSON.parse(ADA))
  const made = await good('POST', '/contactlist', { key_id: '3', name: 'L', external_ids: ['ada@example.com'] })
  await good('GET', `/contactlist/${(made as { id: number }).id}/contacts/?limit=10`)
  await good('POST', '/event/204/trigger', { key_id: '3', external_id: 'ada@example.com', data: {} })
  await good('GET', '/filter/301/contacts/limit=10&offset=0')
  expect(await good('GET', '/contact/query/return=3&3=ada%40example.com&limit=5')).toMatchObject({
    result: [{ '3': 'ada@example.com' }],
  })
  expect(refused).toEqual([])
  expect(sandbox.requests.get('PUT /contact/create_if_not_exists=1')).toBe(1)
})

test('a signature is of this secret, body, address and scope, and of now', async () => {
  const status = async (changes: Changes, body = ADA) => (await partner('PUT', '/contact', body, changes)).status
  expect(await status({})).toBe(200)
  expect(await status({ secret: 'wrong' })).toBe(401)
  expect(await status({ sent: ADA.replace('ada@', 'eve@') })).toBe(401)
  expect(await status({ path: `${INTERNAL}/contact?create_if_not_exists=1` })).toBe(401)
  expect(await status({ scope: 'us/suite/ems_request' })).toBe(401)
  // To other paths partners have no key, and to this one nobody else has.
  expect(await status({ path: '/api/v2/contact' })).toBe(401)
  const token = callerOf(sandbox, { authorization: 'Bearer x', 'x-wsse': 'UsernameToken x' })
  expect((await token('GET', `${INTERNAL}/settings`)).status).toBe(401)
  now = Date.now() + 299_000
  expect(await status({})).toBe(200)
  now = Date.now() + 302_000
  expect(await status({})).toBe(401)
})

test('partners have limits, permissions and faults as others have', async () => {
  sandbox.setPermissions({ credential: sandbox.credentials.escherKey, off: ['contact.update'] })
  expect((await partner('PUT', '/contact', ADA)).status).toBe(403)
  sandbox.setPermissions({ credential: sandbox.credentials.escherKey, on: ['contact.update'] })
  sandbox.addFaults([{ match: { pathPrefix: '/contact' }, kind: '503' }])
  expect((await partner('PUT', '/contact', ADA)).status).toBe(503)
  const answer = await partner('GET', '/settings')
  expect(answer.headers.get('x-ratelimit-limit')).toBe('100')
  await vi.waitFor(() => expect(sandbox.requests.get('GET /settings')).toBeGreaterThan(0))
})
