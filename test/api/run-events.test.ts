import { get, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { API, type Caller, type Installation, install, PASSWORD, publishedFlow, signIn } from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller
let flow: string
let address: string
const at = () => `/workspaces/${workspace}`

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  flow = (await publishedFlow(owner, workspace)).flow
  address = await it.api.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => it.close())

const queue = async (): Promise<string> => (await owner.call('POST', `${at()}/flows/${flow}/run`, {})).json().id
const set = (run: string, values: object) =>
  it.database.owner.db.updateTable('runs').set(values).where('id', '=', run).execute()

/** A stream as a browser reads it: `next` answers the next event, undefined at the end. */
async function follow(run: string, headers: Record<string, string>) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) =>
    get(`${address}${API}${at()}/runs/${run}/events`, { headers, agent: false }, resolve).on('error', reject),
  )
  const chunks = answer.setEncoding('utf8')[Symbol.asyncIterator]()
  let text = ''
  return {
    answer,
    close: () => void answer.destroy(),
    async next(): Promise<{ event: string; id: string | undefined; data: string } | undefined> {
      for (;;) {
        const block = /^(.*?)\n\n/s.exec(text)
        if (block) {
          text = text.slice(block[0].length)
          const fields = new Map(block[1]!.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]))
          if (fields.has('event')) {
            return { event: fields.get('event')!, id: fields.get('id'), data: fields.get('data') ?? '' }
          }
          continue
        }
        const { value, done } = await chunks.next()
        if (done) return undefined
        text += value
      }
    },
  }
}

const somebody = async (role: 'operator' | 'auditor') => {
  const { id, email } = await it.member(workspace, role)
  return { id, cookie: await signIn(it.api, email, PASSWORD) }
}

test('a run is followed from where it stands to its end', async () => {
  const { cookie } = await somebody('auditor')
  const run = await queue()
  const stream = await follow(run, { cookie })
  expect(stream.answer.headers['content-type']).toBe('text/event-stream')
  expect(stream.answer.headers['cache-control']).toBe('no-store')
  expect(stream.answer.headers['content-security-policy']).toContain("default-src 'none'")
  const first = await stream.next()
  expect(JSON.parse(first!.data)).toMatchObject({ id: run, state: 'queued', batches: 0 })
  await set(run, { state: 'running', batches: 3, counts: JSON.stringify({ read: 300 }) })
  expect(JSON.parse((await stream.next())!.data)).toMatchObject({ state: 'running', batches: 3, counts: { read: 300 } })
  // A renewed lease is nothing to tell.
  await set(run, { lease_until: new Date() })
  await set(run, { state: 'succeeded', ended_at: new Date() })
  expect(JSON.parse((await stream.next())!.data)).toMatchObject({ state: 'succeeded' })
  expect(await stream.next()).toMatchObject({ event: 'end', data: 'ended' })
  expect(await stream.next()).toBeUndefined()
})

test('who comes back with the id of the last event is told what changed since, and nothing twice', async () => {
  const { cookie } = await somebody('operator')
  const run = await queue()
  const before = await follow(run, { cookie })
  const { id } = (await before.next())!
  before.close()
  const again = await follow(run, { cookie, 'last-event-id': id! })
  const next = again.next()
  await set(run, { cancel_requested: true })
  expect(JSON.parse((await next)!.data)).toMatchObject({ cancelRequested: true })
  again.close()
  // One that ended meanwhile says so, whatever was known of it.
  await set(run, { state: 'cancelled', ended_at: new Date() })
  const late = await follow(run, { cookie, 'last-event-id': id! })
  expect([(await late.next())?.event, (await late.next())?.event]).toEqual(['run', 'end'])
})

test('a stream ends with the session, the token or the membership it was opened by', async () => {
  const run = await queue()
  const left = await somebody('auditor')
  const gone = await somebody('operator')
  const made = (await owner.call('POST', `${at()}/tokens`, { name: 'A script' })).json()
  const streams = await Promise.all([
    follow(run, { cookie: left.cookie }),
    follow(run, { cookie: gone.cookie }),
    follow(run, { authorization: `Bearer ${made.secret}` }),
  ])
  for (const stream of streams) expect((await stream.next())?.event).toBe('run')
  const answers = [
    await it.api.inject({
      method: 'DELETE',
      url: `${API}/session`,
      headers: { cookie: left.cookie, 'sec-fetch-site': 'same-origin' },
    }),
    await owner.call('DELETE', `${at()}/members/${gone.id}`),
    await owner.call('DELETE', `${at()}/tokens/${made.token.id}`),
  ]
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([204, 204, 204])
  for (const stream of streams) {
    expect(await stream.next()).toMatchObject({ event: 'end', data: 'shut' })
    expect(await stream.next()).toBeUndefined()
  }
})

test('of another workspace nothing is told, and nobody opens streams without end', async () => {
  const run = await queue()
  const stranger = await it.member(await it.workspace('Another'), 'owner')
  const cookie = await signIn(it.api, stranger.email, PASSWORD)
  expect((await follow(run, { cookie })).answer.statusCode).toBe(404)
  expect((await follow(run, {})).answer.statusCode).toBe(401)
  const own = await somebody('operator')
  const many = await Promise.all(Array.from({ length: 20 }, () => follow(run, { cookie: own.cookie })))
  const refused = await follow(run, { cookie: own.cookie })
  expect(refused.answer.statusCode).toBe(429)
  for (const stream of many) stream.close()
})

test('a process that stops ends its streams instead of waiting for them', async () => {
  const { cookie } = await somebody('auditor')
  const stream = await follow(await queue(), { cookie })
  await stream.next()
  await it.api.close()
  expect(await stream.next()).toBeUndefined()
})
