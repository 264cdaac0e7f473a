import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Whatever anybody takes for the end of a line. */
const ENDS = { CR: '\r', LF: '\n', CRLF: '\r\n', VT: '\v', FF: '\f', NEL: '\u0085', LS: '\u2028', PS: '\u2029' }
const EVERY_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/
const FORGED = '{"level":30,"msg":"forged"}'

/** A process of its own, because pino writes to the file descriptor: with what the HTTP server logs by, and the other log. */
const PROGRAM = `
  import { fastify } from 'fastify'
  import { createLog, httpLog } from './server/log.ts'
  const ends = JSON.parse(process.env.ENDS)
  const api = fastify({ logger: httpLog('info') })
  api.get('/*', async (request) => {
    const bad = Object.assign(new Error(request.headers.x, { cause: new Error(request.url) }), { code: request.headers.x })
    request.log.error({ err: bad, url: request.url, headers: request.headers, [request.headers.x]: 1 }, request.headers.x)
    throw bad
  })
  const log = createLog('info')
  for (const end of ends) {
    const text = 'a' + end + ${JSON.stringify(FORGED)} + end + 'b'
    await api.inject({ url: '/' + encodeURIComponent(text), query: { q: text }, headers: { x: text, 'user-agent': text } })
    log.error({ err: new Error(text), [text]: text, deep: { list: [text] } }, text)
  }
`

test('one event is one line of the log, whatever is in it', () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    env: { ...process.env, ENDS: JSON.stringify(Object.values(ENDS)) },
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
  const lines = stdout.trimEnd().split(EVERY_END)
  const events = lines.map((line) => JSON.parse(line) as { msg: string; level: number })
  // What came is kept to the letter, inside of its line: by the route, by the server's error handler, by the other log. Two streams
  // write here, so the order between them is not ours.
  const texts = Object.values(ENDS).flatMap((end) => Array<string>(3).fill(`a${end}${FORGED}${end}b`))
  const said = events.filter(({ level }) => level === 50).map(({ msg }) => msg)
  expect(said.sort()).toEqual(texts.sort())
  expect(events.filter(({ msg }) => msg === 'forged')).toEqual([])
})

test('an error is logged by code, words and place, without the row, the recipients or whatever else hangs on it', () => {
  const program = `
    import { fastify } from 'fastify'
    import pg from 'pg'
    import { createLog, httpLog } from './server/log.ts'
    const refused = Object.assign(new pg.DatabaseError('duplicate key value violates unique constraint "users_email"', 1, 'error'), {
      code: '23505', constraint: 'users_email', table: 'users', detail: 'Key (email)=(canary@example.com) already exists.',
      where: 'canary', internalQuery: 'canary',
    })
    const mail = Object.assign(new Error('550 <canary@example.com> is nobody here'), { code: 'EENVELOPE', rejected: ['canary@example.com'], response: 'canary' })
    const around = new Error('could not be kept', { cause: refused })
    const api = fastify({ logger: httpLog('info') })
    for (const err of [refused, mail, around]) {
      api.log.error({ err }, 'http')
      createLog('info').error({ err, error: err }, 'worker')
    }
  `
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).not.toContain('canary')
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; err: { [name: string]: string } })
  expect(lines).toHaveLength(6)
  for (const log of ['http', 'worker']) {
    const [row, letter, outer] = lines.filter(({ msg }) => msg === log).map(({ err }) => err)
    expect(row).toMatchObject({ code: '23505', constraint: 'users_email', table: 'users' })
    expect(letter).toMatchObject({ code: 'EENVELOPE', message: '550 <[hidden]> is nobody here' })
    expect(outer).toMatchObject({
      stack: expect.stringMatching(/could not be kept[\s\S]*caused by: .*duplicate key value/),
    })
  }
})
