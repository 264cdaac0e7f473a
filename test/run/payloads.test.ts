import { zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { setStage } from '../support/scene.ts'

// What a run keeps of the records that went through it.

const stage = setStage()

type Data = { readonly [field: string]: unknown }

/** One record is read, and a map makes those of it that the test wrote down. */
const given = (records: readonly Data[], more: Partial<Flow> = {}) =>
  flowOf(
    [node('one', 'xero.get-organisation'), node('given', 'map', { expression: JSON.stringify(records) })],
    ['start one', 'one given'],
    more,
  )

const rowsOf = (run: string, at: string, kind: string) =>
  stage.database.owner.db
    .selectFrom('payloads')
    .select(['chunk', 'records', 'total', 'bytes', 'content'])
    .where('run_id', '=', run)
    .where('node_id', '=', at)
    .where('kind', '=', kind)
    .orderBy('batch')
    .orderBy('chunk')
    .execute()

const unpacked = (content: Buffer) => JSON.parse(zstdDecompressSync(content).toString()) as Data[]

test('full capture keeps exactly the records, whatever is in them', async () => {
  const records = [
    {
      text: 'Grüße “quoted” \\ \u2028 😀',
      empty: '',
      nothing: null,
      list: [],
      one: [1],
      deep: { a: { b: [{ c: false }] } },
    },
    { big: 123456789012.34, small: 0.000001, negative: -0.1 },
    ...Array.from({ length: 80 }, (_, n) => ({ n })),
  ]
  const { workspace } = await stage.open({ contacts: 1 })
  const document = given(records)
  const run = await workspace.run(await workspace.flow(document), document)
  const [row, ...others] = await rowsOf(run.id, 'given', 'out:out')
  expect(others).toEqual([])
  expect(row).toMatchObject({ chunk: 0, records: 82, total: 82 })
  expect(zstdDecompressSync(row!.content).length).toBe(row!.bytes)
  expect(unpacked(row!.content)).toEqual(records)
})

test('full capture keeps what a write sent with each outcome, and each exchange without a secret', async () => {
  const scene = await stage.open({ contacts: 12 })
  const { workspace } = scene
  const [refused] = scene.xero.state.books.contacts.ordered.map((one) => one.id)
  scene.emarsys.addFaults([{ match: { method: 'PUT', pathPrefix: '/contact' }, kind: 'partial', keys: [refused!] }])
  const run = await workspace.run(await workspace.flow(contactsFlow(12)), contactsFlow(12))
  const calls = (await rowsOf(run.id, 'send', 'call')).flatMap((row) => unpacked(row.content))
  expect(calls).toHaveLength(12)
  expect(calls.filter((one) => one.outcome === 'confirmed')).toHaveLength(11)
  expect(calls.find((one) => one.key === refused)).toMatchObject({ outcome: 'rejected', message: expect.any(String) })
  const http = [...(await rowsOf(run.id, 'send', 'http')), ...(await rowsOf(run.id, 'contacts', 'http'))]
  const exchanges = http.flatMap((row) => unpacked(row.content))
  expect(exchanges.map((one) => one.status)).toEqual(exchanges.map(() => 200))
  const said = JSON.stringify([exchanges, calls])
  for (const secret of [scene.xero.clientSecret, scene.emarsys.clientSecret, scene.emarsys.salesToken, 'Bearer']) {
    expect(said).not.toContain(secret)
  }
})

test('sample capture keeps both ends and says how many there were', async () => {
  const records = Array.from({ length: 120 }, (_, n) => ({ n }))
  const { workspace } = await stage.open({ contacts: 1 })
  const document = given(records, { capture: 'sample' })
  const run = await workspace.run(await workspace.flow(document), document)
  // The map is the last node: its way out leads nowhere, and only full capture keeps that.
  expect(await rowsOf(run.id, 'given', 'out:out')).toEqual([])

  const longer: Flow = {
    ...document,
    nodes: [...document.nodes, node('sum', 'summarise', { values: [{ name: 'n', fn: 'count' }] })],
    edges: [...document.edges, { id: 'sum', from: 'given', port: 'out', to: 'sum', input: 'in' }],
  }
  const second = await workspace.run(await workspace.flow(longer), longer)
  const [row, ...others] = await rowsOf(second.id, 'given', 'out:out')
  expect(others).toEqual([])
  expect(row).toMatchObject({ records: 50, total: 120 })
  expect(unpacked(row!.content)).toEqual([...records.slice(0, 25), ...records.slice(-25)])
  expect(unpacked((await rowsOf(second.id, 'sum', 'out:out'))[0]!.content)).toEqual([{ n: 120 }])
})

test('many megabytes of records are kept in chunks that hold whole records and all of them', async () => {
  const { workspace } = await stage.open({ contacts: 1 })
  const document = flowOf(
    [
      node('one', 'xero.get-organisation'),
      node('numbers', 'map', { expression: "[1..40].{ 'n': $ }" }),
      node('large', 'map', { expression: "{ 'n': n, 'text': $pad('', 250000, $string(n)) }" }),
    ],
    ['start one', 'one numbers', 'numbers large'],
  )
  const run = await workspace.run(await workspace.flow(document), document)
  expect(run.state).toBe('succeeded')
  const rows = await rowsOf(run.id, 'large', 'out:out')
  expect(rows.length).toBeGreaterThan(2)
  expect(rows.map((row) => row.chunk)).toEqual(rows.map((_, index) => index))
  expect(rows.every((row) => row.total === 40 && row.bytes <= 4_200_000 && row.content.length <= 1_000_000)).toBe(true)
  expect(rows.reduce((sum, row) => sum + row.records, 0)).toBe(40)
  const records = rows.flatMap((row) => unpacked(row.content))
  expect(records.map((record) => record.n)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
  expect(records.every((record) => String(record.text).length === 250_000)).toBe(true)
})
