import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { bearer, none, password } from '../../../connectors/csv/connection.ts'
import { csv } from '../../../connectors/csv/index.ts'
import type { Context, Cursor, DataRecord, LoginKind, Page } from '../../../connectors/kit/connector.ts'
import type { Exchange } from '../../../server/connect/connections.ts'
import { createFiles } from '../../../server/connect/files.ts'
import { createWire } from '../../../server/connect/wire.ts'
import { inWorkspace } from '../../../server/store/database/database.ts'
import { dropContent, type InTenant, keepFile, listFiles, PIECE } from '../../../server/store/workspace/files.ts'
import { createKeyring, type Keyring } from '../../../server/store/key/secrets.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { operationOf, settingsOf } from '../support/accounts.ts'
import { type Opened, openConnection } from '../support/open.ts'
import { collect, rejection, startRemote } from '../support/remote.ts'
import { type SftpServer, startSftp } from '../support/sftp-server.ts'

const ROWS = operationOf(csv, 'read-rows', 'read')
const FILE = operationOf(csv, 'write-file', 'write')

let database: TestDatabase
let keys: Keyring
let sftp: SftpServer
let workspace = ''
const open: Opened[] = []
beforeAll(async () => {
  database = await testDatabase()
  keys = createKeyring(database.secretKey)
  sftp = await startSftp('ada', 'right-password')
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
  sftp.files.clear()
  sftp.cutAfter = Number.POSITIVE_INFINITY
  sftp.pauseMs = 0
  sftp.tried.length = 0
})
afterAll(async () => {
  await sftp.close()
  await database.drop()
})

const inTenant: InTenant = (work) => inWorkspace(database.app.db, workspace, (tx) => work(tx, workspace))

/** A connection in a workspace of its own. */
async function at(login: LoginKind, connection: object, secrets: { [name: string]: string } = {}): Promise<Opened> {
  workspace = randomUUID()
  await database.owner.db.insertInto('workspaces').values({ id: workspace, name: 'W' }).execute()
  return again(login, connection, secrets)
}

function again(login: LoginKind, connection: object, secrets: { [name: string]: string } = {}): Opened {
  const files = createFiles({ db: database.app.db, keys, workspace, connection: 'c' })
  const opened = openConnection({ connector: csv, login, connection: { port: 22, ...connection }, secrets, files })
  open.push(opened)
  return opened
}

async function upload(name: string, content: string | Buffer) {
  async function* whole() {
    yield Buffer.from(content)
  }
  return keepFile(inTenant, keys, { folder: 'uploads', name, stamp: name }, whole())
}

const context = (opened: Opened, set: object) => opened.context(settingsOf(ROWS, { ...set })) as Context<never>
const read = (opened: Opened, set: object = {}, from?: Cursor) => collect(ROWS.read(context(opened, set), from))
const rowsIn = (pages: readonly Page[]) => pages.flatMap(({ records }) => records)
const names = (pages: readonly Page[]) => rowsIn(pages).map(({ name }) => name)
const onSftp = (more: object = {}) => ({
  place: 'sftp',
  host: '127.0.0.1',
  port: sftp.port,
  hostKey: sftp.hostKey,
  ...more,
})
/** A way out to the SFTP server that has a budget without end and keeps what was said. */
function slowly(signal: AbortSignal) {
  const exchanges: Exchange[] = []
  const hosts = [`127.0.0.1:${sftp.port}`]
  const budget = { take: async () => () => undefined, observe: () => undefined }
  return {
    ...{ hosts, allow: new Set(hosts), signal, budget, exchanges },
    onExchange: (exchange: Exchange) => void exchanges.push(exchange),
  }
}
const ADA = { user: 'ada', password: 'right-password' }

describe('uploaded files', () => {
  test('are read row by row, each file once, in the order in which they came', async () => {
    const opened = await at(none, { place: 'uploads' })
    await upload('orders-1.csv', 'name,total,day\nAda,"1,200.50",2026-11-30\nBen,x,2026-11-30\nCy,3,2026-12-01\n')
    await upload('other.txt', 'name\nnobody\n')
    const columns = [
      { column: 'name', field: 'name' },
      { column: 'total', field: 'amount', type: 'decimal' },
      { column: 'day', field: 'day', type: 'date' },
    ]
    const first = await read(opened, { columns })
    expect(rowsIn(first)).toEqual([
      { _file: { name: 'orders-1.csv', line: 2 }, name: 'Ada', amount: '1200.5', day: '2026-11-30' },
      { _file: { name: 'orders-1.csv', line: 4 }, name: 'Cy', amount: '3', day: '2026-12-01' },
    ])
    expect(first.flatMap(({ refused }) => refused ?? [])).toEqual([
      {
        record: {
          _file: { name: 'orders-1.csv', line: 3 },
          headings: ['name', 'total', 'day'],
          cells: ['Ben', 'x', '2026-11-30'],
        },
        code: 'INVALID_INPUT',
        message: 'orders-1.csv, line 3: “total” is no decimal: “x”',
      },
    ])
    await upload('orders-2.csv', 'name,total,day\nDee,4,\n')
    const second = await read(opened, { columns }, first.at(-1)!.cursor)
    expect(names(second)).toEqual(['Dee'])
    expect(names(await read(opened, { columns }, second.at(-1)!.cursor))).toEqual([])
  })

  test('are told by what they are about, and all rows of a value are found, in the newest file that has it', async () => {
    const opened = await at(none, { place: 'uploads' })
    const columns = [
      { column: 'day', field: 'day', type: 'date', required: true },
      { column: 'order', field: 'order' },
      { column: 'net', field: 'net', type: 'number' },
      { column: 'note', field: 'note', optional: true },
    ]
    const VALUES = operationOf(csv, 'list-values', 'read')
    const FOUND = operationOf(csv, 'get-rows', 'lookup')
    const values = async (from?: Cursor) =>
      collect(VALUES.read(opened.context(settingsOf(VALUES, { columns })) as Context<never>, from))
    const find = async (set: object, ...days: string[]) =>
      Object.fromEntries(
        await FOUND.find(opened.context(settingsOf(FOUND, { columns, ...set })) as Context<never>, days),
      ) as { [day: string]: DataRecord & { groups: DataRecord[] } }
    await upload('1.csv', 'day,order,net\n2026-11-01,a,1\n2026-11-02,b,2\n2026-11-01,a,3\n2026-11-02,c,x\n')
    const first = await values()
    expect(rowsIn(first)).toEqual(['2026-11-01', '2026-11-02'].map((value) => ({ value, file: '1.csv' })))
    expect(first[0]!.refused).toMatchObject([{ message: '1.csv, line 5: “net” is no number: “x”' }])
    const day = { day: '2026-11-01', note: '' }
    expect(await find({}, '2026-11-01', '2026-11-02', '2026-11-03')).toMatchObject({
      '2026-11-01': {
        ...{ file: '1.csv', rows: 2, unreadable: 0 },
        groups: [{ ...day, order: 'a', net: 1, gone: false, rows: [{ ...day, order: 'a', net: 1 }, { net: 3 }] }],
      },
      '2026-11-02': { rows: 1, unreadable: 1 },
    })
    expect(Object.keys(await find({}, '2026-11-03'))).toEqual([])

    // What a newer file of the day leaves out is gone, or stands beside it; a row whose day cannot be told may be of any.
    await upload('2.csv', 'note,net,order,day\nnew,5,d,2026-11-01\n,6,e,2026-13-01\n')
    const second = await values(first.at(-1)!.cursor)
    expect(rowsIn(second)).toEqual([{ value: '2026-11-01', file: '2.csv' }])
    expect(await values(second.at(-1)!.cursor)).toMatchObject([{ records: [], cursor: second.at(-1)!.cursor }])
    const groups = async (set: object) =>
      (await find(set, '2026-11-01'))['2026-11-01']!.groups.map(({ order, gone, rows }) => [
        order,
        gone,
        (rows as DataRecord[]).map(({ net }) => net),
      ])
    expect(await groups({})).toEqual([
      ['d', false, [5]],
      ['a', true, []],
    ])
    expect(await groups({ holds: 'some' })).toEqual([
      ['d', false, [5]],
      ['a', false, [1, 3]],
    ])
    expect(await groups({ lookBack: 1 })).toEqual([['d', false, [5]]])
    expect(await find({}, '2026-11-01', '2026-11-02')).toMatchObject({
      '2026-11-01': { unreadable: 1 },
      '2026-11-02': { file: '1.csv', unreadable: 1 },
    })
    await upload('3.csv', 'day,net\n2026-11-01,1\n')
    expect(await rejection(find({}, '2026-11-01'))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('3.csv has no column “order”'),
    })
  })

  test('a row that was refused is made anew of what is kept of it, once somebody has put it right', async () => {
    const opened = await at(none, { place: 'uploads' })
    await upload('wrong.csv', `name,total\nAda,x\nBen,1,2\n"Cy" z,3\n"Di" ${'d'.repeat(20_000)},4\n`)
    const columns = [
      { column: 'name', field: 'name' },
      { column: 'total', field: 'total', type: 'number' },
    ]
    const settings = settingsOf(ROWS, { columns }) as never
    const [ada, ben, cy, di] = (await read(opened, { columns })).flatMap(({ refused }) => refused ?? [])
    const again = (refused: typeof ada, change: DataRecord = {}) =>
      ROWS.again!(settings, { ...refused!.record, ...change })
    // As it is, it is refused for the same reason.
    for (const one of [ada, ben, cy]) expect(again(one)).toEqual({ code: one!.code, message: one!.message })
    const made = (line: number, name: string, total: number) => ({
      record: { _file: { name: 'wrong.csv', line }, name, total },
    })
    expect(again(ada, { cells: ['Ada', '1'] })).toEqual(made(2, 'Ada', 1))
    expect(again(ben, { cells: ['Ben', '1.2'] })).toEqual(made(3, 'Ben', 1.2))
    expect(again(cy, { text: '"Cy, ""z""",3' })).toEqual(made(4, 'Cy, "z"', 3))
    expect(again(cy, { text: 'Cy,3\nEve,4' })).toMatchObject({ message: 'wrong.csv, line 4: These are several rows.' })
    // Of a very long line only the beginning is kept: it must not pass for the row.
    expect(again(di)).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('Only the beginning') })
    // The settings may have been wrong, too.
    const asText = settingsOf(ROWS, { columns: [{ column: 'total', field: 'total' }] }) as never
    expect(ROWS.again!(asText, ada!.record)).toEqual({ record: { _file: { name: 'wrong.csv', line: 2 }, total: 'x' } })
    const gone = settingsOf(ROWS, { columns: [{ column: 'sum', field: 'total' }] }) as never
    expect(ROWS.again!(gone, ada!.record)).toMatchObject({ message: expect.stringContaining('no column “sum”') })
  })

  test('a read that was cut short goes on in the middle of a file', async () => {
    const opened = await at(none, { place: 'uploads' })
    const line = (n: number) => `customer ${n},"a ""quoted"" cell\nof two lines",${'x'.repeat(600)}\n`
    const whole = `name,note,rest\n${Array.from({ length: 3_500 }, (_, n) => line(n)).join('')}`
    expect(whole.length).toBeGreaterThan(2 * PIECE)
    await upload('long.csv', whole)
    const pages = await read(opened)
    expect(pages.map(({ records }) => records.length)).toEqual([1000, 1000, 1000, 500])
    expect(rowsIn(pages).at(-1)).toMatchObject({ name: 'customer 3499', _file: { line: 2 + 2 * 3_499 } })
    const rest = await read(opened, {}, JSON.parse(JSON.stringify(pages[1]!.cursor)))
    expect(rowsIn(rest)).toEqual(rowsIn(pages.slice(2)))
  })

  test('one content is one file, unless it was deleted and is brought again', async () => {
    const opened = await at(none, { place: 'uploads' })
    const first = await upload('a.csv', 'name\nAda\n')
    expect(await upload('copy of a.csv', 'name\nAda\n')).toMatchObject({ fresh: false, file: { name: 'a.csv' } })
    const pages = await read(opened)
    expect(names(pages)).toEqual(['Ada'])
    await inTenant((tx, id) => dropContent(tx, id, first.file!.id))
    expect(await upload('a.csv', 'name\nAda\n')).toMatchObject({ fresh: true })
    expect(names(await read(opened, {}, pages.at(-1)!.cursor))).toEqual(['Ada'])
  })

  test('are sealed in the database, and a file that is too large leaves nothing', async () => {
    await at(none, { place: 'uploads' })
    await upload('secret.csv', 'name\nfind me if you can\n')
    const pieces = await database.owner.db
      .selectFrom('file_pieces' as never)
      .selectAll()
      .where('workspace_id' as never, '=', workspace as never)
      .execute()
    expect(pieces.length).toBe(1)
    expect(JSON.stringify(pieces)).not.toContain(Buffer.from('find me').toString('base64').slice(0, 8))
    async function* endless() {
      for (;;) yield Buffer.alloc(PIECE)
    }
    const file = { folder: 'uploads', name: 'big.csv', stamp: '' }
    await expect(keepFile(inTenant, keys, file, endless(), 3 * PIECE)).rejects.toThrow()
    const left = await database.owner.db
      .selectFrom('files' as never)
      .select('name' as never)
      .where('workspace_id' as never, '=', workspace as never)
      .execute()
    expect(left).toEqual([{ name: 'secret.csv' }])
  })

  test('a column that is not there stops the read, and says which are', async () => {
    const opened = await at(none, { place: 'uploads' })
    await upload('a.csv', 'name,total\nAda,1\n')
    const error = await rejection(read(opened, { columns: [{ column: 'amount', field: 'amount' }] }))
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('“name”, “total”') })
  })

  test('without headings columns have numbers; too many or too few cells are refused', async () => {
    const opened = await at(none, { place: 'uploads' })
    await upload('a.csv', '1;Ada\n2;Ben\n')
    const set = { header: false, delimiter: ';', columns: [{ column: '2', field: 'name' }] }
    expect(names(await read(opened, set))).toEqual(['Ada', 'Ben'])
    const other = await at(none, { place: 'uploads' })
    await upload('b.csv', 'a,b\n1\n1,2\n1,2,3\n')
    const pages = await read(other)
    expect(pages.flatMap(({ refused }) => refused ?? []).map(({ message }) => message)).toEqual([
      'b.csv, line 2: It has 1 cells, and the headings are 2.',
      'b.csv, line 4: It has 3 cells, and the headings are 2.',
    ])
  })
})

describe('an SFTP server', () => {
  test('is read file by file, each content once, whatever it is called', async () => {
    const opened = await at(password, onSftp(), ADA)
    sftp.files.set('/out/b.csv', { content: Buffer.from('name\nBen\n'), modified: 200 })
    sftp.files.set('/out/a.csv', { content: Buffer.from(`name\n${'Ada\n'.repeat(40_000)}`), modified: 100 })
    sftp.files.set('/out/a.txt', { content: Buffer.from('name\nnobody\n'), modified: 100 })
    const set = { path: '/out' }
    const pages = await read(opened, set)
    expect(rowsIn(pages).length).toBe(40_001)
    expect(names(pages).at(-1)).toBe('Ben')
    sftp.files.set('/out/b-again.csv', { content: Buffer.from('name\nBen\n'), modified: 300 })
    sftp.files.set('/out/c.csv', { content: Buffer.from('name\nCy\n'), modified: 300 })
    expect(names(await read(opened, set, pages.at(-1)!.cursor))).toEqual(['Cy'])
    expect(await csv.test(context(opened, {}) as never)).toMatchObject([{ ok: true }])
    // Each sign-in is one exchange of the trace, with what it carried.
    const line = { method: 'SFTP', url: `sftp://127.0.0.1:${sftp.port}` }
    expect(opened.exchanges.every(({ method, url }) => method === line.method && url === line.url)).toBe(true)
    expect(Math.max(...opened.exchanges.map(({ responseBytes }) => responseBytes))).toBeGreaterThan(160_000)
  })

  test('that shows another host key gets no password; without a pinned one its key is told', async () => {
    const other = await at(password, onSftp({ hostKey: `SHA256:${'A'.repeat(43)}` }), ADA)
    expect(await rejection(read(other))).toMatchObject({ code: 'LOGIN_REFUSED', dialled: 'no' })
    const unpinned = again(password, onSftp({ hostKey: '' }), ADA)
    expect(await csv.test(context(unpinned, {}) as never)).toMatchObject([
      { ok: false, detail: expect.stringContaining(sftp.hostKey) },
    ])
    expect(sftp.tried).toEqual([])
    const wrong = again(password, onSftp(), { user: 'ada', password: 'wrong-password' })
    const error = await rejection(read(wrong))
    expect(error).toMatchObject({ code: 'LOGIN_REFUSED' })
    expect(String(error)).not.toContain('wrong-password')
  })

  test('a line that breaks half-way leaves no half file; the next try has it whole', async () => {
    const opened = await at(password, onSftp(), ADA)
    sftp.files.set('/a.csv', { content: Buffer.from(`name\n${'Ada\n'.repeat(200_000)}`), modified: 100 })
    sftp.cutAfter = 300_000
    expect(await rejection(read(opened))).toMatchObject({ code: 'CONNECTION_LOST', reaction: 'retry' })
    expect(await inTenant((tx, id) => listFiles(tx, id, 'made/c'))).toEqual([])
    sftp.cutAfter = Number.POSITIVE_INFINITY
    expect(rowsIn(await read(opened)).length).toBe(200_000)
  })

  test('a folder that is not there, and a host that is not the connection’s', async () => {
    const opened = await at(password, onSftp({ host: '127.0.0.1' }), ADA)
    expect(await read(opened, { path: '/none' })).toMatchObject([{ records: [] }])
    const elsewhere = { protocol: 'SFTP', host: '127.0.0.1', port: sftp.port + 1 }
    const speak = vi.fn()
    await expect(opened.context({}).wire.call(elsewhere, speak)).rejects.toMatchObject({
      code: 'EGRESS_BLOCKED',
      dialled: 'no',
    })
    expect(speak).not.toHaveBeenCalled()
  })

  test('that always has one more piece is not listened to for longer than a call may take', async () => {
    const opened = await at(password, onSftp(), ADA)
    sftp.files.set('/a.csv', { content: Buffer.from(`name\n${'Ada\n'.repeat(800_000)}`), modified: 100 })
    sftp.pauseMs = 25
    const { signal, wire, ...rest } = context(opened, {}) as Context<never>
    const { exchanges, ...slow } = slowly(signal)
    const late = createWire({ ...slow, secrets: wire.secrets, totalMs: 1500 })
    const error = await rejection(collect(ROWS.read({ ...rest, signal, wire: late } as Context<never>, undefined)))
    expect(error).toMatchObject({ code: 'TIMED_OUT', dialled: 'maybe', reaction: 'retry' })
    // It talked to the end, and nothing of the file stayed.
    expect(exchanges.at(-1)?.responseBytes).toBeGreaterThan(100_000)
    expect(await inTenant((tx, id) => listFiles(tx, id, 'made/c'))).toEqual([])
  })
})

test('a web address is fetched whole and read; the same content again brings nothing', async () => {
  let body = 'name\nAda\n'
  const remote = await startRemote(({ headers, url }, response) => {
    const known = headers.authorization === 'Bearer the-token' && url.pathname === '/exports/orders.csv'
    response.writeHead(known ? 200 : 401, { 'content-type': 'text/csv' }).end(known ? body : 'who?')
  })
  const settings = { path: '/exports/orders.csv' }
  const opened = await at(bearer, { place: 'http', baseUrl: remote.url }, { token: 'the-token' })
  const first = await read(opened, settings)
  expect(names(first)).toEqual(['Ada'])
  expect(names(await read(opened, settings, first.at(-1)!.cursor))).toEqual([])
  body += 'Ben\n'
  expect(names(await read(opened, settings, first.at(-1)!.cursor))).toEqual(['Ada', 'Ben'])
  const stranger = again(bearer, { place: 'http', baseUrl: remote.url }, { token: 'no' })
  expect(await rejection(read(stranger, settings))).toMatchObject({ code: 'LOGIN_REFUSED' })
  await remote.close()
})

describe('writing', () => {
  const set = { name: 'debtors', fields: ['name', 'note'], path: '/in' }
  const items = (...rows: DataRecord[]) => rows.map((row, at) => ({ key: `k${at}`, value: { key: `k${at}`, row } }))
  const rows = items({ name: 'Ada', note: '=HYPERLINK("http://evil")' }, { name: 'Moss, Ben', note: null })
  const TEXT = 'name,note\r\nAda,"\'=HYPERLINK(""http://evil"")"\r\n"Moss, Ben",\r\n'
  const write = (opened: Opened) =>
    FILE.write(opened.context(settingsOf(FILE, set)) as Context<never>, rows, { id: 'call' })

  test('the same rows again are the same file, on an SFTP server, at a web address and here', async () => {
    const opened = await at(password, onSftp(), ADA)
    for (let time = 0; time < 2; time++) expect(await write(opened)).toMatchObject([{ status: 'confirmed' }, {}])
    expect(
      [...sftp.files].map(([path, { content }]) => [path.replace(/-[0-9a-f]{16}/, ''), content.toString()]),
    ).toEqual([['/in/debtors.csv', TEXT]])

    const remote = await startRemote((_, response) => response.writeHead(201).end())
    await write(again(none, { place: 'http', baseUrl: remote.url }))
    expect(remote.received[0]).toMatchObject({ method: 'PUT', body: TEXT })
    expect(remote.received[0]?.url.pathname).toMatch(/^\/in\/debtors-[0-9a-f]{16}\.csv$/)
    await remote.close()

    const here = again(none, { place: 'uploads' })
    for (let time = 0; time < 2; time++) await write(here)
    const [made, ...more] = await inTenant((tx, id) => listFiles(tx, id, 'made/c'))
    expect(more).toEqual([])
    expect(made).toMatchObject({ bytes: Buffer.byteLength(TEXT) })
  })
})
