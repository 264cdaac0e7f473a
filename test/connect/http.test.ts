import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { StepError } from '../../connectors/kit/errors.ts'
import type { HttpRequest } from '../../connectors/kit/http.ts'
import { createBudget } from '../../server/connect/budget.ts'
import { createEgressAgent } from '../../server/connect/egress.ts'
import { createHttp, type HttpExchange, type HttpOptions, type Login } from '../../server/connect/http.ts'
import { readText, receive } from '../../server/connect/reply-body.ts'
import { type Answering, json, type Remote, rejection, startRemote } from '../connectors/support/remote.ts'
import { heavyPieces } from '../support/heavy-pieces.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function open(answer: Answering, more: Partial<HttpOptions> = {}) {
  const remote: Remote = await startRemote(answer)
  const allow = new Set([remote.host])
  const agent = createEgressAgent({ allow })
  closing.push(remote.close, () => agent.destroy())
  const exchanges: HttpExchange[] = []
  const http = createHttp({
    agent,
    hosts: [remote.host],
    allow,
    budget: createBudget({ concurrent: 5, perMinute: 1000 }),
    signal: new AbortController().signal,
    onExchange: (exchange) => exchanges.push(exchange),
    ...more,
  })
  const send = (request: Partial<HttpRequest> = {}) => http.send({ method: 'GET', url: `${remote.url}/x`, ...request })
  return { remote, send, exchanges }
}

test('gives any answer back, whatever its status, and notes it for the trace without secrets of the query', async () => {
  const { send, exchanges } = await open((_, response) => json(response, { no: true }, 418))
  const answer = await send({ method: 'POST', json: { a: 'ä' }, query: { page: 2, token: 'hush', none: undefined } })
  expect(answer).toMatchObject({ status: 418, text: '{"no":true}' })
  expect(exchanges).toHaveLength(1)
  expect(exchanges[0]).toMatchObject({ method: 'POST', status: 418, requestBytes: 10, responseBytes: 11 })
  expect(exchanges[0]?.url).toContain('page=2')
  expect(exchanges[0]?.url).not.toContain('hush')
  expect(exchanges[0]?.url).not.toContain('none')
})

test('unpacks gzip', async () => {
  const { send, remote } = await open((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}')),
  )
  expect((await send()).text).toBe('{"a":1}')
  expect(remote.received[0]?.headers['accept-encoding']).toBe('gzip')
})

test('stops at the limit of a body, on the wire and unpacked', async () => {
  const limits = { maxWire: 100_000, maxBody: 100_000 }
  const plain = await open((_, response) => response.end(Buffer.alloc(200_000, 0x20)), { limits })
  expect(await rejection(plain.send())).toMatchObject({ code: 'REPLY_TOO_LARGE', dialled: 'maybe' })
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  expect(bomb.length).toBeLessThan(100_000)
  const packed = await open((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb), {
    limits,
  })
  expect(await rejection(packed.send())).toMatchObject({ code: 'REPLY_TOO_LARGE' })
})

test('an answer or a file that comes byte by byte takes no more memory than it has bytes', async () => {
  const limits = { maxWire: 1_000, maxBody: 1_000 }
  const answer = heavyPieces('x'.repeat(400))
  expect(await readText(answer.pieces(), undefined, limits, { bytes: 0 })).toBe('x'.repeat(400))
  expect(answer.held()).toBeLessThan(5_000_000)
  const file = heavyPieces('y'.repeat(400))
  const kept: Uint8Array[] = []
  const keep = async (pieces: AsyncIterable<Uint8Array>) => {
    for await (const piece of pieces) kept.push(piece)
  }
  await receive(keep, file.pieces(), { bytes: 0, headers: {} })
  expect(Buffer.concat(kept).toString()).toBe('y'.repeat(400))
  expect(file.held()).toBeLessThan(5_000_000)
})

test('a bomb of ten gigabytes is given up at its fiftieth megabyte', async () => {
  const part = gzipSync(Buffer.alloc(50_000_000))
  // Nine megabytes on the wire: several parts in a row are one answer.
  const parts = Math.floor(9_000_000 / part.length)
  expect(parts * 50).toBeGreaterThan(9_000)
  const { send, exchanges } = await open((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    for (let at = 0; at < parts; at += 1) response.write(part)
    response.end()
  })
  const before = process.memoryUsage()
  let most = 0
  const watch = setInterval(() => {
    const { arrayBuffers, external } = process.memoryUsage()
    most = Math.max(most, arrayBuffers + external - before.arrayBuffers - before.external)
  }, 2)
  try {
    expect(await rejection(send())).toMatchObject({
      code: 'REPLY_TOO_LARGE',
      message: expect.stringContaining('50 MB'),
    })
  } finally {
    clearInterval(watch)
  }
  // arrayBuffers is part of external, so what is held counts twice here.
  expect(most / 2).toBeLessThan(60_000_000)
  expect(exchanges[0]?.responseBytes).toBeLessThan(1_000_000)

  const wide = await open((_, response) => response.end(Buffer.alloc(10_000_001, 0x20)))
  expect(await rejection(wide.send())).toMatchObject({
    code: 'REPLY_TOO_LARGE',
    message: expect.stringContaining('10 MB'),
  })
})

test.each(['br', 'gzip, gzip', 'zstd'])('refuses an answer packed as %s', async (encoding) => {
  const { send } = await open((_, response) => response.writeHead(200, { 'content-encoding': encoding }).end('x'))
  expect(await rejection(send())).toMatchObject({ code: 'REPLY_UNREADABLE' })
})

test('gives up on silence, on a slow drip and on endless headers', async () => {
  const silent = await open(() => {}, { limits: { headersMs: 200, totalMs: 5000 } })
  expect(await rejection(silent.send())).toMatchObject({ code: 'TIMED_OUT', dialled: 'maybe' })

  const dripping = await open(
    (_, response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    },
    { limits: { totalMs: 300 } },
  )
  expect(await rejection(dripping.send())).toMatchObject({ code: 'TIMED_OUT', dialled: 'maybe' })

  const wordy = await open((_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end())
  expect(await rejection(wordy.send())).toMatchObject({ code: 'REPLY_TOO_LARGE' })
})

test('a cut line may have carried the request; a port where nobody listens has not', async () => {
  const { send, remote, exchanges } = await open((request, response) =>
    request.url.pathname === '/cut' ? response.destroy() : json(response, {}),
  )
  expect(await rejection(send({ url: `${remote.url}/cut` }))).toMatchObject({
    code: 'CONNECTION_LOST',
    dialled: 'maybe',
  })
  expect(exchanges.at(-1)).toMatchObject({ status: undefined, error: 'CONNECTION_LOST' })
  await send()
  await remote.close()
  // The kept connection is gone, and so is the listener.
  expect(await rejection(send())).toMatchObject({ code: 'CONNECTION_LOST' })
  expect(await rejection(send())).toMatchObject({ code: 'CONNECTION_LOST', dialled: 'no' })
})

test('does not follow redirects', async () => {
  const { send, remote } = await open((_, response) =>
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  )
  expect((await send()).status).toBe(302)
  expect(remote.received).toHaveLength(1)
})

test('speaks only to the hosts of the connection', async () => {
  const other = await startRemote((_, response) => json(response, {}))
  closing.push(other.close)
  const denied: string[] = []
  const { send, remote } = await open((_, response) => json(response, {}), {
    allow: new Set([other.host]),
    onDenied: (host) => denied.push(host),
  })
  expect(await rejection(send({ url: `${other.url}/steal` }))).toMatchObject({ code: 'EGRESS_BLOCKED', dialled: 'no' })
  expect(other.received).toHaveLength(0)
  expect(remote.received).toHaveLength(0)
  expect(denied).toEqual([other.host])
})

test.each([
  [{ 'x-a': 'b\r\nX-Evil: 1' }],
  [{ 'x-a\r\n': 'b' }],
  [{ Host: 'evil' }],
  [{ 'Transfer-Encoding': 'chunked' }],
  [{ 'content-length': '1' }],
])('sends no request with the headers %j', async (headers) => {
  const { send, remote } = await open((_, response) => json(response, {}))
  expect(await rejection(send({ headers }))).toMatchObject({ code: 'CONFIG_INVALID', dialled: 'no' })
  expect(remote.received).toHaveLength(0)
})

test('ends with the reason of whoever stops it, while calling and before', async () => {
  const stop = new AbortController()
  const reason = new Error('the run was cancelled')
  const { send, remote, exchanges } = await open(() => stop.abort(reason), { signal: stop.signal })
  expect(await rejection(send())).toBe(reason)
  expect(exchanges).toHaveLength(1)
  expect(await rejection(send())).toBe(reason)
  expect(remote.received).toHaveLength(1)
  expect(exchanges).toHaveLength(1)
})

const login = (over: Partial<Login> = {}) => {
  let generation = 1
  const renewed: number[] = []
  const made: Login = {
    sign: async (request) => ({
      request: { ...request, headers: { ...request.headers, authorization: `Bearer token-${generation}` } },
      generation,
    }),
    renew: async (used) => {
      renewed.push(used)
      generation += 1
      return 'made'
    },
    secrets: () => [`token-${generation}`, 'client-secret-value'],
    ...over,
  }
  return { made, renewed }
}

test('after a 401 it takes one new token and tries once more, then gives the answer', async () => {
  const cured = login()
  const first = await open(
    (request, response) => json(response, {}, request.headers.authorization === 'Bearer token-2' ? 200 : 401),
    { login: cured.made },
  )
  expect((await first.send({ query: { a: 1 } })).status).toBe(200)
  expect(cured.renewed).toEqual([1])
  expect(first.remote.received.map((request) => request.url.search)).toEqual(['?a=1', '?a=1'])

  const hopeless = login()
  const second = await open((_, response) => json(response, {}, 401), { login: hopeless.made })
  expect((await second.send()).status).toBe(401)
  expect(second.remote.received).toHaveLength(2)

  // A token that lay there may be as old: one more is worth it, and no third.
  const behind = login()
  const found = login({
    ...behind.made,
    renew: async (used, signal) => {
      await behind.made.renew!(used, signal)
      return 'found'
    },
  })
  const fourth = await open((_, response) => json(response, {}, 401), { login: found.made })
  expect((await fourth.send()).status).toBe(401)
  expect(behind.renewed).toEqual([1, 2])

  const pointless = login({ curable: () => false })
  const third = await open((_, response) => json(response, {}, 401), { login: pointless.made })
  expect((await third.send()).status).toBe(401)
  expect(pointless.renewed).toEqual([])
})

test('takes the connection’s secrets out of answers that repeat them', async () => {
  const { send } = await open(
    (request, response) =>
      response.writeHead(500).end(`you sent ${request.headers.authorization} and client-secret-value`),
    {
      login: login().made,
    },
  )
  const { text } = await send()
  expect(text).toBe('you sent Bearer [secret] and [secret]')
})

test('a login may not lead a request to another host', async () => {
  const { made } = login({
    sign: async (request) => ({ request: { ...request, url: 'https://evil.example/' }, generation: 1 }),
  })
  const { send } = await open((_, response) => json(response, {}), { login: made })
  const error = await rejection(send())
  expect(error).toBeInstanceOf(StepError)
  expect(error).toMatchObject({ code: 'EGRESS_BLOCKED' })
})
