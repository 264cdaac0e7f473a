import { once } from 'node:events'
import { Agent, get, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readBody } from '../../server/api/http/read-body.ts'
import { heavyPieces } from '../support/heavy-pieces.ts'
import { BROKEN_HTTP } from './broken-http.ts'
import {
  API,
  type Caller,
  type Installation,
  install,
  invoiceFlow,
  publishedFlow,
  XERO_CONNECTION,
} from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller
let at: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
})
afterAll(() => it.close())

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('a body', () => {
  test.each([
    ['malformed', '{"name": "a",}', 'Line 1, column 14'],
    ['cut off', '{"name": ', 'Line 1, column 10'],
    ['65 deep', `{"name": ${nested(64)}}`, 'nested more than 64 deep'],
    ['with a name twice', '{"name": "a", "name": "b"}', 'stands twice'],
    ['that reaches for the prototype', '{"name": "a", "__proto__": {"role": "owner"}}', '__proto__'],
    ['that reaches for the constructor', '{"constructor": {"prototype": {}}}', 'is not taken'],
  ])('%s is refused with its place', async (_, body, place) => {
    const answer = await owner.call('POST', `${at}/tokens`, body)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.json()).toMatchObject({ status: 400, code: 'BODY_MALFORMED', detail: expect.stringContaining(place) })
  })

  test('64 deep is read, and refused for what it says', async () => {
    const answer = await owner.call('POST', `${at}/tokens`, `{"name": ${nested(63)}}`)
    expect(answer.json()).toMatchObject({ code: 'REQUEST_INVALID', problems: [{ field: 'body.name' }] })
  })

  test('that is empty says which field is missing', async () => {
    expect((await owner.call('POST', `${at}/tokens`)).json().code).toBe('REQUEST_INVALID')
    expect((await owner.call('POST', `${at}/tokens`, {})).json().problems).toEqual([
      { field: 'body.name', message: 'is missing' },
    ])
  })

  test('is no number when it should be a text, nor the other way round', async () => {
    for (const body of [{ name: 5 }, { name: 'a', expiresInDays: '5' }, { name: '   ' }, []]) {
      expect((await owner.call('POST', `${at}/tokens`, body)).json().code).toBe('REQUEST_INVALID')
    }
  })

  test('of several kinds hears what is wrong with the kind it means, or which kinds there are', async () => {
    const refused = async (watch: object) => {
      const rule = { name: 'Watch', watch, recipients: [], zone: 'UTC', digestMinutes: 0, enabled: true }
      return (await owner.call('POST', `${at}/alert-rules`, rule)).json().problems
    }
    expect(await refused({ kind: 'silence', of: 'runs', minutes: 1 })).toMatchObject([{ field: 'body.watch.minutes' }])
    expect(await refused({ kind: 'expiry' })).toEqual([{ field: 'body.watch.days', message: 'is missing' }])
    expect(await refused({ kind: 'weather' })).toEqual([
      { field: 'body.watch.kind', message: expect.stringMatching(/^must be one of: failure, silence, .*notice$/) },
    ])
  })

  test('with more than a megabyte is refused', async () => {
    const answer = await owner.call('POST', `${at}/tokens`, { name: 'a'.repeat(1_000_001) })
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'BODY_TOO_LARGE'])
  })

  test('of somebody unknown has room for names and passwords, no more', async () => {
    const send = (payload: string) =>
      it.api.inject({
        ...{ method: 'POST', url: `${API}/session`, headers: { 'content-type': 'application/json' } },
        payload,
      })
    expect((await send(`[${'1,'.repeat(7_990)}1]`)).json().code).toBe('REQUEST_INVALID')
    expect((await send(`[${'1,'.repeat(8_000)}1]`)).json().code).toBe('BODY_TOO_LARGE')
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/xml'])(
    'of type %s is refused',
    async (type) => {
      const answer = await owner.call('POST', `${at}/tokens`, '{"name":"a"}', { 'content-type': type })
      expect([answer.statusCode, answer.json().code]).toEqual([415, 'NOT_JSON'])
    },
  )

  test('that is packed is refused by what it is, wherever it is sent', async () => {
    const json = gzipSync(JSON.stringify({ name: 'Packed' }))
    const sent: [string, Buffer, string][] = [
      [`${at}/tokens`, json, 'application/json'],
      [`${at}/flows`, json, 'application/json'],
      [`${at}/files?name=packed.csv`, gzipSync('a,b\n1,2\n'), 'text/csv'],
    ]
    for (const [path, body, type] of sent) {
      for (const packed of ['gzip', 'GZIP, identity', 'deflate', 'br', 'zstd', 'none']) {
        const headers = { 'content-type': type, 'content-encoding': packed }
        const answer = await owner.call('POST', path, body, headers)
        const got = [answer.statusCode, answer.json().code, answer.headers['accept-encoding']]
        expect([path, packed, ...got]).toEqual([path, packed, 415, 'BODY_PACKED', 'identity'])
      }
    }
    const plain = { 'content-type': 'text/csv', 'content-encoding': 'identity' }
    expect((await owner.call('POST', `${at}/files?name=plain.csv`, Buffer.from('a,b\n1,2\n'), plain)).statusCode).toBe(
      201,
    )
    const files = (await owner.call('GET', `${at}/files`)).json().items.map(({ name }: { name: string }) => name)
    expect(files).toEqual(['plain.csv'])
    // Where there is nothing, that is what is said.
    const nothing = await owner.call('POST', `${at}/nothing`, '{}', { 'content-encoding': 'gzip' })
    expect(nothing.statusCode).toBe(404)
  })

  test('that is not UTF-8 is refused: its letters would all become the same one', async () => {
    const latin = (text: string) => Buffer.from(text, 'latin1')
    const headers = { 'content-type': 'application/json' }
    for (const path of [`${at}/tokens`, `${at}/flows`]) {
      const answer = await owner.call('POST', path, latin('{"name":"J\u00f6rg"}'), headers)
      const { code, detail } = answer.json()
      expect([path, answer.statusCode, code, detail]).toEqual([path, 400, 'BODY_MALFORMED', 'The body is not UTF-8.'])
    }
    // A password of such letters would be as good as any other of the same length.
    const payload = latin('{"email":"somebody@example.com","password":"\u00fcber-den-Bergen"}')
    const answer = await it.api.inject({ method: 'POST', url: `${API}/session`, headers, payload })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'BODY_MALFORMED'])
  })

  test('with a character that cannot be kept is refused, not half kept', async () => {
    const answer = await owner.call('POST', `${at}/tokens`, { name: 'a\u0000b' })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'REQUEST_INVALID'])
    const flow = await owner.call('POST', `${at}/flows`, invoiceFlow({ description: 'a\u0000b' }))
    expect([flow.statusCode, flow.json().code]).toEqual([400, 'REQUEST_INVALID'])
  })
})

describe('fields that nobody offered', () => {
  const forbidden = [
    'role',
    'workspaceId',
    'workspace_id',
    'userId',
    'user_id',
    'isAdmin',
    'admin',
    'id',
    'createdAt',
    'hash',
  ]

  test.each([
    ['POST', '/tokens', { name: 'a' }],
    ['POST', '/connections', XERO_CONNECTION],
  ] as const)('are refused by name in %s %s', async (method, path, body) => {
    for (const field of forbidden) {
      const answer = await owner.call(method, `${at}${path}`, { ...body, [field]: 'owner' })
      expect(answer.json(), field).toMatchObject({
        code: 'REQUEST_INVALID',
        problems: [{ field: `body.${field}`, message: 'is not a known field' }],
      })
    }
  })

  test('are refused in changes of a flow, and leave the row as it was', async () => {
    const { flow } = await publishedFlow(owner, workspace)
    const row = () => it.database.owner.db.selectFrom('flows').selectAll().where('id', '=', flow).executeTakeFirst()
    const before = await row()
    const paths = [
      ['PATCH', `${at}/flows/${flow}`, { name: 'New' }],
      ['POST', `${at}/flows/${flow}/publish`, { summary: 'New', revision: 1 }],
      ['POST', `${at}/flows/${flow}/switch`, { on: true }],
      ['POST', `${at}/flows/${flow}/run`, {}],
      ['PUT', `${at}/flows/${flow}/bindings`, { bindings: {} }],
    ] as const
    for (const [method, path, body] of paths) {
      for (const field of [...forbidden, 'live_version', 'enabled', 'by', 'author']) {
        const answer = await owner.call(method, path, { ...body, [field]: true })
        expect([answer.statusCode, answer.json().code], `${method} ${path} ${field}`).toEqual([400, 'REQUEST_INVALID'])
      }
    }
    expect(await row()).toEqual(before)
  })

  test('are refused in the query', async () => {
    expect((await owner.call('GET', `${at}/runs?workspace=x`)).json().code).toBe('REQUEST_INVALID')
    expect((await owner.call('GET', `${at}/runs?limit=100000`)).json().code).toBe('REQUEST_INVALID')
    expect((await owner.call('GET', `${at}/runs?cursor=1%27--`)).json().code).toBe('REQUEST_INVALID')
  })
})

describe('a flow document', () => {
  test('of 3 MB is refused', async () => {
    const big = invoiceFlow({
      nodes: [{ id: 'a', operation: 'map', name: 'A', settings: { x: 'x'.repeat(3_000_000) } }],
    })
    const answer = await owner.call('POST', `${at}/flows`, big)
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'BODY_TOO_LARGE'])
  })

  test('of 1.5 MB is taken', async () => {
    const big = invoiceFlow({
      nodes: [{ id: 'a', operation: 'map', name: 'A', settings: { x: 'x'.repeat(1_500_000) } }],
    })
    expect((await owner.call('POST', `${at}/flows`, big)).statusCode).toBe(201)
  })

  test('that is malformed or too deep is refused with its place', async () => {
    const malformed = await owner.call('POST', `${at}/flows/import`, '{"format": 1,\n "name": }')
    expect(malformed.json()).toMatchObject({
      status: 400,
      code: 'BODY_MALFORMED',
      detail: expect.stringContaining('Line 2'),
    })
    const deep = await owner.call('POST', `${at}/flows/import`, `{"format": 1, "name": ${nested(64)}}`)
    expect(deep.json()).toMatchObject({ status: 400, code: 'BODY_MALFORMED' })
  })

  test('with texts that look like templates or expressions keeps them as they are', async () => {
    const name = '={{1+1}} $now() <%= 1 %>'
    const { id } = (await owner.call('POST', `${at}/flows`, invoiceFlow({ name, description: '{{$json}}' }))).json()
    const { document: flow } = (await owner.call('GET', `${at}/flows/${id}/draft`)).json()
    expect([flow.name, flow.description]).toEqual([name, '{{$json}}'])
    await owner.call('DELETE', `${at}/flows/${id}`)
  })

  test('with unknown fields, or of a newer format, is refused with a list', async () => {
    const unknown = await owner.call('POST', `${at}/flows`, { ...invoiceFlow(), role: 'owner' })
    expect(unknown.json()).toMatchObject({
      status: 422,
      code: 'FLOW_UNREADABLE',
      problems: [{ code: 'FIELD_UNKNOWN', field: 'role' }],
    })
    const newer = await owner.call('POST', `${at}/flows`, { ...invoiceFlow(), format: 2 })
    expect(newer.json().problems).toMatchObject([{ code: 'FORMAT_TOO_NEW' }])
    expect((await owner.call('POST', `${at}/flows`)).statusCode).toBe(400)
  })
})

test('ids of another workspace are not found, wherever they are put', async () => {
  const elsewhere = await it.workspace('Elsewhere')
  const stranger = await it.member(elsewhere, 'owner')
  const { flow, connection } = await publishedFlow(stranger, elsewhere)
  const run = (await stranger.call('POST', `/workspaces/${elsewhere}/flows/${flow}/run`, {})).json().id
  const token = (await stranger.call('POST', `/workspaces/${elsewhere}/tokens`, { name: 'T' })).json().token.id
  const attempts = [
    ['GET', `/flows/${flow}`],
    ['PATCH', `/flows/${flow}`, { name: 'Taken' }],
    ['GET', `/flows/${flow}/draft`],
    ['PUT', `/flows/${flow}/draft`, invoiceFlow({ name: 'Taken' })],
    ['GET', `/flows/${flow}/export`],
    ['POST', `/flows/${flow}/import`, invoiceFlow({ name: 'Taken' })],
    ['POST', `/flows/${flow}/validate`],
    ['POST', `/flows/${flow}/publish`, { summary: 'Taken', revision: 1 }],
    ['GET', `/flows/${flow}/versions`],
    ['GET', `/flows/${flow}/versions/1`],
    ['GET', `/flows/${flow}/versions/1/changes`],
    ['POST', `/flows/${flow}/versions/1/restore`],
    ['POST', `/flows/${flow}/switch`, { on: true }],
    ['POST', `/flows/${flow}/switch`, { on: false }],
    ['POST', `/flows/${flow}/run`, {}],
    ['GET', `/flows/${flow}/bindings`],
    ['PUT', `/flows/${flow}/bindings`, { bindings: { ledger: null } }],
    ['GET', `/runs/${run}`],
    ['POST', `/runs/${run}/cancel`],
    ['GET', `/runs/${run}/steps`],
    ['GET', `/runs/${run}/batches`],
    ['GET', `/runs/${run}/payload?node=read&batch=0&kind=out:out`],
    ['GET', `/runs/${run}/search?q=a`],
    ['POST', `/runs/${run}/search/reveal`, { q: 'a', reason: 'curious' }],
    ['GET', `/runs/${run}/effects`],
    ['GET', `/connections/${connection}`],
    ['PATCH', `/connections/${connection}`, { name: 'Taken' }],
    ['POST', `/connections/${connection}/test`],
    ['POST', `/connections/${connection}/authorize`],
    ['DELETE', `/connections/${connection}`],
    ['DELETE', `/tokens/${token}`],
  ] as const
  const before = (await stranger.call('GET', `/workspaces/${elsewhere}/flows`)).body
  for (const [method, path, body] of attempts) {
    const answer = await owner.call(method, `${at}${path}`, body, { 'if-match': '*' })
    expect([answer.statusCode, answer.json().code], `${method} ${path}`).toEqual([404, 'NOT_FOUND'])
  }
  for (const list of ['flows', 'runs', 'connections', 'exceptions']) {
    expect((await owner.call('GET', `${at}/${list}?${list === 'runs' ? `flow=${flow}` : ''}`)).body).not.toContain(flow)
  }
  expect((await stranger.call('GET', `/workspaces/${elsewhere}/flows`)).body).toBe(before)
})

test('what another workspace has called something may be called so here, and is in no count', async () => {
  const [one, two] = await Promise.all(
    ['One', 'Two'].map(async (name) => {
      const home = await it.workspace(name)
      return { home, by: await it.member(home, 'owner') }
    }),
  )
  const counts = async ({ home, by }: NonNullable<typeof one>) => {
    const lists = ['flows', 'connections', 'tokens', 'invitations', 'members', 'alert-rules', 'files', 'runs']
    const sizes = await Promise.all(
      lists.map(async (list) => (await by.call('GET', `/workspaces/${home}/${list}`)).json().items.length as number),
    )
    return Object.fromEntries(lists.map((list, place) => [list, sizes[place]]))
  }
  const empty = await counts(two!)
  for (const { home, by } of [one!, two!]) {
    const { flow } = await publishedFlow(by, home)
    expect((await by.call('PATCH', `/workspaces/${home}/flows/${flow}`, { tags: ['same'] })).statusCode).toBe(200)
    for (const [path, body] of [
      ['tokens', { name: 'Same' }],
      ['invitations', { email: 'same@example.com', role: 'client' }],
      [
        'alert-rules',
        { name: 'Same', watch: { kind: 'failure' }, recipients: [], digestMinutes: 0, zone: 'UTC', enabled: true },
      ],
    ] as const) {
      const made = await by.call('POST', `/workspaces/${home}/${path}`, body)
      expect([path, made.statusCode, made.statusCode < 300 ? '' : made.body]).toEqual([path, 201, ''])
    }
  }
  const own = await counts(two!)
  expect(own).toEqual({ ...empty, flows: 1, connections: 1, tokens: 1, invitations: 1, 'alert-rules': 1 })
  // The agency's page adds up what somebody is a member of, and nothing else.
  const { items } = (await two!.by.call('GET', '/fleet')).json()
  expect(items.map((row: { workspace: string }) => row.workspace)).toEqual([two!.home])
})

test('what nobody foresaw says nothing of the inside', async () => {
  const broken = await owner.call('POST', `${at}/flows`, invoiceFlow())
  await it.database.owner.db
    .updateTable('flows')
    .set({ draft: JSON.stringify({ nonsense: 'a secret of the table' }) })
    .where('id', '=', broken.json().id)
    .execute()
  const answer = await owner.call('GET', `${at}/flows/${broken.json().id}/draft`)
  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toMatchObject({ code: 'UNEXPECTED', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  expect(answer.body).not.toMatch(/stored flow|nonsense|\.ts|select/)
  await it.database.owner.db.deleteFrom('flows').where('id', '=', broken.json().id).execute()
})

test('a database that goes away in the middle of a request is no fault of ours, and says when to ask again', async () => {
  const { app, owner: other } = it.database
  const { flow } = await publishedFlow(owner, workspace)
  const lock = await other.pool.connect()
  const sockets: Socket[] = []
  const hear = (client: object) => sockets.push((client as { connection: { stream: Socket } }).connection.stream)
  app.pool.on('acquire', hear)
  try {
    await lock.query('begin')
    await lock.query('select from flows where id = $1 for update', [flow])
    const asked = owner.call('POST', `${at}/flows/${flow}/run`, {})
    await expect.poll(() => waitingForLock(it)).toBe(1)
    for (const socket of sockets) socket.destroy()
    const answer = await asked
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.json()).toMatchObject({
      code: 'NOT_READY',
      detail: expect.stringContaining('The database went away'),
    })
  } finally {
    app.pool.off('acquire', hear)
    await lock.query('rollback')
    lock.release()
  }
  expect((await owner.call('POST', `${at}/flows/${flow}/run`, {})).statusCode).toBe(202)
})

test('a statement that takes too long is given up for whoever asked; what is long by design waits', async () => {
  const hasty = await install({ database: it.database, statementSeconds: { reading: 0.2, changing: 0.2 } })
  const asker = await hasty.member(workspace, 'owner')
  const lock = await it.database.owner.pool.connect()
  try {
    await lock.query('begin')
    await lock.query('lock table flows in access exclusive mode')
    const refused = await asker.call('GET', `${at}/flows`)
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'TOO_SLOW'])
    expect(refused.json().detail).toContain('Ask for less')
    // What lies below all workspaces is asked with another login.
    await lock.query('lock table housekeeping_turns in access exclusive mode')
    const below = await asker.call('GET', `${at}/health`)
    expect([below.statusCode, below.json().code]).toEqual([503, 'TOO_SLOW'])
    const exported = asker.call('GET', `${at}/export`)
    await expect.poll(() => waitingForLock(it)).toBe(1)
    await sleep(300)
    await lock.query('rollback')
    expect((await exported).statusCode).toBe(200)
    expect((await exported).body).toContain('"end":true')
  } finally {
    await lock.query('rollback')
    lock.release()
    await hasty.close()
  }
})

const waitingForLock = async ({ database }: Installation): Promise<number | undefined> =>
  (
    await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    `.execute(database.owner.db)
  ).rows[0]?.count

/** All that comes back until the server closes the connection; it has to, or the test waits in vain. */
async function send(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let text = ''
  socket.on('data', (piece) => (text += piece)).on('error', () => undefined)
  socket.write(Buffer.from(bytes, 'latin1'))
  await once(socket, 'close')
  return text
}

test('a listening server survives broken HTTP, answers nothing that was smuggled in, and answers the next request', async () => {
  const address = await it.api.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(address).port)
  // Somebody who never ends the headers: others are served meanwhile, and it ends with the times below.
  const slow = connect(port, '127.0.0.1').on('error', () => undefined)
  slow.write(`GET ${API}/me HTTP/1.1\r\nhost: a\r\nx`)
  const { headersTimeout, requestTimeout, insecureHTTPParser } = it.api.server as Server & {
    insecureHTTPParser?: boolean
  }
  expect({ headersTimeout, requestTimeout }).toEqual({ headersTimeout: 60_000, requestTimeout: 60_000 })
  expect(insecureHTTPParser).toBeFalsy()
  const got = await Promise.all(
    BROKEN_HTTP.map(async ({ what, bytes }) => {
      const text = await send(port, bytes)
      return { what, answers: [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)) }
    }),
  )
  expect(got).toEqual(BROKEN_HTTP.map(({ what, answers }) => ({ what, answers })))
  expect(slow.destroyed).toBe(false)
  slow.destroy()
  for (const path of [`${API}/%`, `${API}/workspaces/%ff/flows`, `${API}/workspaces/${'a'.repeat(5000)}/flows`]) {
    const answer = await fetch(`${address}${path}`)
    expect([400, 401, 404, 414], path).toContain(answer.status)
  }
  expect((await fetch(`${address}${API}/health/ready`)).status).toBe(200)
})

test('a body that comes byte by byte takes no more memory than it has bytes', async () => {
  const text = 'x'.repeat(400)
  const { pieces, held } = heavyPieces(text)
  expect((await readBody({ headers: {} }, Readable.from(pieces()), 1_000)).toString()).toBe(text)
  expect(held()).toBeLessThan(5_000_000)
})

test('of requests that are sent without waiting for answers a few are answered, then the connection is closed', async () => {
  if (!it.api.server.listening) await it.api.listen({ host: '127.0.0.1', port: 0 })
  const { port } = it.api.server.address() as AddressInfo
  const text = await send(port, 'GET /docs/json HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(1_400)) // one piece of 64 kB
  expect([...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)).toEqual([
    ...Array.from({ length: 8 }, () => '200'),
    '429',
  ])
  // What was refused is not what is kept for those who ask next.
  for (const _time of [1, 2]) expect((await it.api.inject('/docs/json')).json()).toHaveProperty('openapi', '3.1.0')
  // Whoever takes nothing of an answer is not waited for without end either.
  expect(it.api.server.timeout).toBe(300_000)
  // One after the other over one connection is no flood.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports = new Set<number | undefined>()
  for (let n = 0; n < 20; n++) {
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      get({ port, path: `${API}/health/live`, agent }, resolve).on('error', reject),
    )
    expect(answer.statusCode).toBe(200)
    ports.add(answer.socket.localPort)
    answer.resume()
    await once(answer, 'end')
  }
  agent.destroy()
  expect(ports.size).toBe(1)
})

test('a stop hangs up on who has asked nothing yet, and hears out who has begun to', async () => {
  if (!it.api.server.listening) await it.api.listen({ host: '127.0.0.1', port: 0 })
  const { port } = it.api.server.address() as AddressInfo
  const come = async () => {
    const there = once(it.api.server, 'connection')
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    await there
    return socket
  }
  const silent = (await come()).resume()
  const asking = await come()
  asking.write(`GET ${API}/health/live HTTP/1.1\r\nhost: a\r\n`)
  const gone = once(silent, 'close')
  const closed = it.api.close()
  await gone
  const answer = once(asking, 'data')
  asking.write('\r\n')
  expect((await answer)[0]).toMatch(/^HTTP\/1\.1 \d{3} /)
  await closed
})
