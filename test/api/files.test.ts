import { Agent, get, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inWorkspace } from '../../server/store/database/database.ts'
import { type InTenant, keepFile } from '../../server/store/workspace/files.ts'
import { heavyPieces } from '../support/heavy-pieces.ts'
import { API, type Caller, type Installation, install, PASSWORD, signIn } from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller
let at: string
let headers: { [name: string]: string }

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}/files`
  const { secret } = (await owner.call('POST', `/workspaces/${workspace}/tokens`, { name: 'T' })).json()
  headers = { authorization: `Bearer ${secret}` }
})
afterAll(() => it.close())

const upload = (name: string, payload: string | Buffer, type = 'text/csv') =>
  it.api.inject({
    method: 'POST',
    url: `${API}${at}?name=${encodeURIComponent(name)}`,
    headers: { ...headers, 'content-type': type },
    payload,
  })
const download = (id: string) => it.api.inject({ url: `${API}${at}/${id}/content`, headers })

test('what is uploaded is listed, comes back byte for byte, and is known again by its content', async () => {
  const content = Buffer.alloc(2_500_000, 'Zoë,1\n')
  const first = await upload('orders 1.csv', content)
  expect(first.statusCode).toBe(201)
  const { file, known } = first.json()
  expect([file.name, file.bytes, file.uploaded, known]).toEqual(['orders 1.csv', 2_500_000, true, false])
  expect((await owner.call('GET', at)).json().items).toEqual([file])
  const back = await download(file.id)
  expect(back.rawPayload.equals(content)).toBe(true)
  expect(back.headers['content-disposition']).toBe(`attachment; filename*=UTF-8''orders%201.csv`)

  const again = await upload('copy.csv', content, 'application/octet-stream')
  expect([again.statusCode, again.json()]).toEqual([200, { file, known: true }])
  const { items } = (await owner.call('GET', `/workspaces/${workspace}/audit?action=file.upload`)).json()
  expect(items.map(({ subject }: { subject: object }) => subject)).toEqual([{ file: file.id }])
})

test('a page that was uploaded as a file is no page: it is saved, and no browser guesses what it is', async () => {
  const name = 'x.svg'
  const { file } = (await upload(name, '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')).json()
  const { headers: told } = await download(file.id)
  expect(told).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename*=UTF-8''x.svg`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("script-src 'self'"),
  })
})

test('a file that comes byte by byte takes no more memory than it has bytes', async () => {
  const { pieces, held } = heavyPieces('Zoë,1\n'.repeat(60))
  const inTenant: InTenant = (work) => inWorkspace(it.database.app.db, workspace, (tx) => work(tx, workspace))
  const { file } = await keepFile(inTenant, it.keys, { folder: 'uploads', name: 'slow.csv', stamp: '1' }, pieces())
  expect(file?.bytes).toBe(420)
  expect(held()).toBeLessThan(5_000_000)
})

test('a deleted file is gone from the list and for good, and may be brought again', async () => {
  const { file } = (await upload('a.csv', 'name\nAda\n')).json()
  expect((await owner.call('DELETE', `${at}/${file.id}`)).statusCode).toBe(204)
  expect((await owner.call('DELETE', `${at}/${file.id}`)).statusCode).toBe(404)
  expect((await download(file.id)).statusCode).toBe(404)
  const again = (await upload('a.csv', 'name\nAda\n')).json()
  expect([again.known, again.file.id === file.id]).toEqual([false, false])
})

test('names are names, bodies are files, and other workspaces see nothing of them', async () => {
  for (const name of ['', '../a.csv', 'a/b.csv', 'a\\b.csv', 'a\nb.csv', 'x'.repeat(201)]) {
    expect((await upload(name, 'x')).statusCode).toBe(400)
  }
  expect((await upload('a.csv', '{}', 'application/json')).json().code).toBe('BODY_MALFORMED')
  expect((await upload('a.csv', '<a/>', 'application/xml')).json().code).toBe('NOT_JSON')
  const { file } = (await upload('mine.csv', 'name\nonly mine\n')).json()
  const elsewhere = await it.workspace()
  const stranger = await it.member(elsewhere, 'owner')
  expect((await stranger.call('GET', `/workspaces/${elsewhere}/files/${file.id}/content`)).statusCode).toBe(404)
  expect((await stranger.call('GET', `${at}/${file.id}/content`)).statusCode).toBe(404)
  const client = await it.member(workspace, 'client')
  expect((await client.call('GET', at)).json().code).toBe('NOT_ALLOWED')
})

test('a download that has begun ends, cut off, when whoever began it would not get it any more', async () => {
  // More than the buffers between here and there hold.
  const bytes = 24_000_000
  const { file } = (await upload('long.csv', Buffer.alloc(bytes, 'Zoë,1\n'))).json()
  const { file: other } = (await upload('longer.csv', Buffer.alloc(bytes, 'Ada,1\n'))).json()
  const address = await it.api.listen({ host: '127.0.0.1', port: 0 })
  // With connections that stay open, nobody could tell otherwise that less has come than was said.
  const agent = new Agent({ keepAlive: true })
  const begin = (id: string, who: { [name: string]: string }) =>
    new Promise<IncomingMessage>((resolve, reject) =>
      get(`${address}${API}${at}/${id}/content`, { headers: who, agent }, resolve).on('error', reject),
    )
  /** How much comes of it, and whether that is said to be all. */
  const read = async (answer: IncomingMessage) => {
    let seen = 0
    try {
      for await (const piece of answer) seen += piece.length
    } catch (error) {
      return { whole: false, seen, code: (error as NodeJS.ErrnoException).code }
    }
    return { whole: answer.complete, seen }
  }
  const somebody = async () => {
    const { id, email } = await it.member(workspace, 'operator')
    return { id, cookie: await signIn(it.api, email, PASSWORD) }
  }
  const [out, lowered, away, stays] = await Promise.all([somebody(), somebody(), somebody(), somebody()])
  const made = (await owner.call('POST', `/workspaces/${workspace}/tokens`, { name: 'A script' })).json()
  const begun = await Promise.all([
    ...[out, lowered, away].map(({ cookie }) => begin(file.id, { cookie })),
    begin(file.id, { authorization: `Bearer ${made.secret}` }),
    begin(other.id, { cookie: stays.cookie }),
  ])
  expect(begun.map(({ statusCode, headers: told }) => [statusCode, told['content-length']])).toEqual(
    Array.from({ length: 5 }, () => [200, String(bytes)]),
  )
  const whole = await begin(file.id, { cookie: stays.cookie })
  const members = `/workspaces/${workspace}/members`
  const ends = [
    await owner.call('DELETE', `${members}/${out.id}`),
    await owner.call('PATCH', `${members}/${lowered.id}`, { role: 'client' }),
    await it.api.inject({
      method: 'DELETE',
      url: `${API}/session`,
      headers: { cookie: away.cookie, 'sec-fetch-site': 'same-origin' },
    }),
    await owner.call('DELETE', `/workspaces/${workspace}/tokens/${made.token.id}`),
    await owner.call('DELETE', `${at}/${other.id}`),
  ]
  expect(ends.map(({ statusCode }) => statusCode)).toEqual([204, 200, 204, 204, 204])
  for (const answer of begun) {
    const { seen, ...how } = await read(answer)
    expect(how).toEqual({ whole: false, code: 'ECONNRESET' })
    expect(seen).toBeLessThan(bytes)
  }
  expect(await read(whole)).toEqual({ whole: true, seen: bytes })
  agent.destroy()
})
