import { randomBytes } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { DataRecord } from '../../connectors/kit/connector.ts'
import { keysOf } from '../../server/run/record/keys.ts'
import { MOST_CHARS, tracePayload } from '../../server/run/batch/trace.ts'
import { sipHash } from '../../server/store/key/sip-hash.ts'
import type { Database } from '../../server/store/database/schema.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { setStage } from '../support/scene.ts'

// What is kept of a run, however much it is and whatever is in it.

const unpacked = (rows: readonly { readonly content: Buffer }[]): DataRecord[] =>
  rows.flatMap(({ content }) => JSON.parse(zstdDecompressSync(content).toString()) as DataRecord[])

describe('a payload', () => {
  test('that hardly compresses still comes in chunks of at most 1 MB', async () => {
    const records = Array.from({ length: 40 }, (_, n) => ({ n, noise: randomBytes(75_000).toString('base64') }))
    const rows = await tracePayload('a', 'out:out', records, 'full')
    expect(rows.length).toBeGreaterThan(3)
    expect(rows.every((row) => row.content.length <= 1_000_000 && row.total === 40)).toBe(true)
    expect(rows.map((row) => row.chunk)).toEqual(rows.map((_, index) => index))
    expect(unpacked(rows)).toEqual(records)
  })

  test('beyond the cap keeps both ends and says how many there were', async () => {
    const records = Array.from({ length: 50 }, (_, n) => ({ n, text: String(n).repeat(250_000) }))
    const rows = await tracePayload('a', 'out:out', records, 'full')
    const kept = unpacked(rows).map(({ n }) => n as number)
    expect(rows.every(({ total }) => total === 50)).toBe(true)
    expect(kept.length).toBeLessThan(50)
    expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b))
    expect([kept[0], kept.at(-1)]).toEqual([0, 49])
    // The middle is missing, and nothing else.
    expect(kept.filter((n, index) => index > 0 && n !== kept[index - 1]! + 1)).toHaveLength(1)
    expect(rows.reduce((sum, row) => sum + row.records, 0)).toBe(kept.length)
  })

  test('of one record beyond the cap keeps how it begins, and how long it was', async () => {
    const rows = await tracePayload('a', 'out:out', [{ text: 'x'.repeat(MOST_CHARS) }, { n: 1 }], 'full')
    expect(unpacked(rows)).toEqual([{ tooLarge: MOST_CHARS + 11, begins: `{"text":"${'x'.repeat(1_991)}` }, { n: 1 }])
  })

  test('with a record that has no JSON text keeps the others', async () => {
    const rows = await tracePayload('a', 'out:out', [{ n: 1 }, { n: 1n }, { n: 3 }], 'full')
    expect(unpacked(rows)).toEqual([{ n: 1 }, { notKept: expect.stringContaining('BigInt') }, { n: 3 }])
  })
})

describe('business keys', () => {
  test('are numbers, ids and addresses by name, whatever their case, each once', () => {
    const keys = keysOf([
      { InvoiceNumber: ' INV-0192 ', Total: 12, Contact: { ContactID: 'C-1', Name: 'Nordwind' }, Status: 'PAID' },
      { InvoiceNumber: 'INV-0193', Contact: { ContactID: 'C-1', EmailAddress: 'Zoë@Example.com' }, Reference: '' },
      { id: 42, email: null, order_id: 'x'.repeat(201), '3': 'a@b.example' },
    ])
    expect([...keys]).toEqual(['inv-0192', 'c-1', 'inv-0193', 'zoë@example.com', 'a@b.example', '42'])
  })

  test('are hashed as SipHash-2-4 says', () => {
    // Of the key 00 01 … 0f and the bytes 00 01 …, from the reference implementation.
    const hash = sipHash(Buffer.from(Array.from({ length: 16 }, (_, n) => n)))
    const hex = (text: string) => {
      const halves = new Int32Array(2)
      hash(text, halves, 0)
      return Buffer.from(halves.buffer).toString('hex')
    }
    const first = (count: number) => String.fromCharCode(...Array.from({ length: count }, (_, n) => n))
    expect(hex('')).toBe('310e0edd47db6f72')
    expect(hex(first(8))).toBe('6224939a79f5f593')
    expect(hex(first(15))).toBe('e545be4961ca29a1')
    expect(hex('é')).not.toBe(hex('e'))
  })
})

describe('a run', () => {
  const stage = setStage()

  test('writes the keys of its reads, and its trace, into its own day and class', async () => {
    const { workspace } = await stage.open({ contacts: 12 })
    const { db } = stage.database.owner
    await sql`update workspaces set trace_class = 'long' where id = ${workspace.id}`.execute(db)
    // Whoever makes days ahead has rested: the run makes its own before it sends anything.
    const today = await sql<{
      part: string
    }>`select 'steps_long_' || to_char(current_date, 'YYYYMMDD') as part`.execute(db)
    await sql`drop table ${sql.table(today.rows[0]!.part)}`.execute(db)
    const document = contactsFlow(12)
    const run = await workspace.run(await workspace.flow(document), document)
    expect(run.state).toBe('succeeded')
    const keys = await sql<{ at: string; node_id: string; n: number }>`
      select tableoid::regclass::text as at, node_id, array_length(hashes, 1) as n from record_keys where run_id = ${run.id}`.execute(
      db,
    )
    expect(keys.rows).toEqual([
      { at: expect.stringMatching(/^record_keys_long_\d{8}$/), node_id: 'contacts', n: expect.any(Number) },
    ])
    expect(keys.rows[0]!.n).toBeGreaterThanOrEqual(12)
    for (const table of ['steps', 'payloads']) {
      const at = await sql<{ at: string }>`
        select distinct tableoid::regclass::text as at from ${sql.table(table)} where run_id = ${run.id}`.execute(db)
      expect(at.rows).toEqual([{ at: expect.stringMatching(new RegExp(`^${table}_long_`)) }])
    }
  })

  const UNWRITABLE: readonly {
    readonly why: string
    readonly table: string
    readonly says: string
    readonly spoil: (day: string) => string
    readonly mend: (day: string) => string
  }[] = [
    {
      ...{ why: 'a row is refused', table: 'steps', says: 'the database refuses it' },
      spoil: (day) => `alter table ${day} add constraint no_more check (batch < 0) not valid`,
      mend: (day) => `alter table ${day} drop constraint no_more`,
    },
    {
      ...{ why: 'the permission is taken', table: 'payloads', says: 'may not write it any more' },
      spoil: () => 'revoke insert on payloads from tieline_app',
      mend: () => 'grant insert on payloads to tieline_app',
    },
    {
      ...{ why: 'there is no room', table: 'payloads', says: 'The disk of the database is full.' },
      spoil: (day) => `create function no_room() returns trigger language plpgsql as
        $$ begin raise 'could not extend file' using errcode = '53100'; end $$;
        create trigger no_room before insert on ${day} for each row execute function no_room()`,
      mend: () => 'drop function no_room() cascade',
    },
  ]
  test.each(UNWRITABLE)(
    'sends nothing while its trace cannot be written: $why',
    async ({ table, says, spoil, mend }) => {
      const { workspace, emarsys } = await stage.open({ contacts: 6 })
      const { db } = stage.database.owner
      const partition = await today(db, table)
      await sql.raw(spoil(partition)).execute(db)
      try {
        const document = contactsFlow()
        const run = await workspace.run(await workspace.flow(document), document)
        expect(run).toMatchObject({ state: 'waiting', reason: expect.stringContaining(says) })
        expect(emarsys.ledger).toEqual([])
        await sql.raw(mend(partition)).execute(db)
        expect(await workspace.wakeUp(run.id)).toMatchObject({ state: 'succeeded', counts: { sent: 6 } })
        expect(emarsys.ledger.length).toBeGreaterThan(0)
      } finally {
        await sql
          .raw(mend(partition))
          .execute(db)
          .catch(() => undefined)
      }
    },
  )

  test('sends nothing while somebody keeps a table of its trace locked', async () => {
    const { workspace, emarsys } = await stage.open({ contacts: 6 })
    const { db } = stage.database.owner
    const partition = await today(db, 'record_keys')
    const run = await db.transaction().execute(async (tx) => {
      await sql`lock table ${sql.table(partition)} in access exclusive mode`.execute(tx)
      const document = contactsFlow()
      const parked = await workspace.run(await workspace.flow(document), document)
      expect(parked).toMatchObject({ state: 'waiting', reason: expect.stringContaining('keeps its table locked') })
      expect(emarsys.ledger).toEqual([])
      return parked.id
    })
    expect(await workspace.wakeUp(run)).toMatchObject({ state: 'succeeded', counts: { sent: 6 } })
    // What proved that there is a place is not part of the trace.
    const { rows } = await sql<{ n: number }>`
      select (select count(*) from steps where run_id = ${run} and operation = '')::int
        + (select count(*) from payloads where run_id = ${run} and kind = '')::int
        + (select count(*) from record_keys where run_id = ${run} and node_id = 'send')::int as n`.execute(db)
    expect(rows).toEqual([{ n: 0 }])
  })

  test('does not fail on the one character that PostgreSQL cannot keep', async () => {
    const { workspace } = await stage.open({ contacts: 1 })
    const document = flowOf(
      [
        node('one', 'xero.get-organisation'),
        node('given', 'map', { expression: '{ "id": "a\\u0000b", "json": "\\\\u0000", "group": "g\\u0000" }' }),
        node('sum', 'summarise', { by: [{ name: 'g', path: 'group' }], values: [{ name: 'n', fn: 'count' }] }),
        node('fail', 'map', { expression: '$error("no " & id)' }),
      ],
      ['start one', 'one given', 'given sum', 'given fail'],
    )
    const run = await workspace.run(await workspace.flow(document), document)
    expect([run.state, run.reason]).toEqual(['partly', expect.anything()])
    const [exception] = await workspace.exceptions()
    expect(exception).toMatchObject({ node_id: 'fail', message: expect.stringContaining('a\ufffdb') })
    // The trace has the very record.
    expect(await workspace.payload(run.id, 'given', 'out:out')).toEqual([{ id: 'a\0b', json: '\\u0000', group: 'g\0' }])
  })
})

/** The partition into which a run of today writes. */
async function today(db: Kysely<Database>, table: string): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select ${table}::text || '_standard_' || to_char(current_date, 'YYYYMMDD') as name`.execute(db)
  return rows[0]!.name
}
