import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { type Retry, retryExceptions } from '../../server/store/exception/retries.ts'
import { requestCancel } from '../../server/store/run/run-controls.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'

// A record that fails becomes an exception; trying it again, or a later success, makes it good.

const stage = setStage()

const GOOD = `{ '9001': ContactID, '3': EmailAddress, '18': Name }`
/** Without the key field. */
const BAD = `{ '3': EmailAddress }`

/** Contacts go through a step that shapes them, then are written. */
const shaped = (expression: string): Flow =>
  flowOf(
    [
      node('contacts', 'xero.list-contacts', { pageSize: 10 }),
      node('shape', 'map', { expression }),
      node('send', 'emarsys.upsert-contacts', { keyField: '9001' }),
    ],
    ['start contacts', 'contacts shape', 'shape send'],
  )

type Row = {
  id: string
  state: string
  code: string
  occurrences: number
  run_id: string
  retry_run: string | null
  resolution: string | null
  node_id: string
  business_key: string | null
}

const rowsOf = async (flow: string): Promise<Row[]> =>
  (
    await sql<Row>`
      select id, state, code, occurrences, run_id, retry_run, resolution, node_id, business_key from exceptions
      where flow_id = ${flow} order by id
    `.execute(stage.database.owner.db)
  ).rows

const statesOf = async (flow: string) => countBy(await rowsOf(flow), ({ state }) => state)
const countBy = <T>(rows: readonly T[], name: (row: T) => string) =>
  Object.fromEntries([...Map.groupBy(rows, name)].map(([one, of]) => [one, of.length]))

/** As if nothing had been read yet. */
const forgetCursors = (flow: string) =>
  sql`delete from cursors where flow_id = ${flow}`.execute(stage.database.owner.db)

/** Publishes another version: the live one from now on. */
async function publish(scene: Scene, flow: string, number: number, document: Flow): Promise<void> {
  await sql`
    insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
    select workspace_id, flow_id, ${number}, ${JSON.stringify(document)}::jsonb, ${`v${number}`}, author_id, author, 'Next'
    from flow_versions where workspace_id = ${scene.workspace.id} and flow_id = ${flow} and number = 1
  `.execute(stage.database.owner.db)
  await sql`update flows set live_version = ${number} where id = ${flow}`.execute(stage.database.owner.db)
}

/** All that there is goes through the next version. */
async function runNext(scene: Scene, flow: string, document: Flow, number = 2) {
  const { workspace } = scene
  await forgetCursors(flow)
  await publish(scene, flow, number, document)
  const queued = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    queueRun(tx, { workspace: workspace.id, flow, version: number, cause: 'manual', node: 'start' }),
  )
  workspace.worker.wake()
  return workspace.ended(queued)
}

const retry = ({ workspace }: Scene, order: Omit<Retry, 'workspace'>) =>
  inWorkspace(stage.database.app.db, workspace.id, (tx) => retryExceptions(tx, { workspace: workspace.id, ...order }))

/** Tries again, and waits for the end of the only run that follows. */
async function retried(scene: Scene, order: Omit<Retry, 'workspace'>) {
  const answer = await retry(scene, order)
  expect(answer.runs).toHaveLength(1)
  scene.workspace.worker.wake()
  return { answer, run: await scene.workspace.ended(answer.runs[0]!.run!) }
}

describe('one exception stands for a record and a cause', () => {
  test('however many runs meet it', async () => {
    const scene = await stage.open()
    const document = shaped(`$error('no')`)
    const flow = await scene.workspace.flow(document)
    await scene.workspace.run(flow, document)
    const first = await rowsOf(flow)
    expect(first.length).toBeGreaterThan(20)
    await forgetCursors(flow)
    const second = await scene.workspace.run(flow, document)
    const again = await rowsOf(flow)
    expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id))
    expect(new Set(again.map(({ occurrences }) => occurrences))).toEqual(new Set([2]))
    expect(new Set(again.map(({ run_id }) => run_id))).toEqual(new Set([second.id]))
  })

  test('and records of equal content stay as many as they are', async () => {
    const scene = await stage.open()
    const document = flowOf(
      [
        node('contacts', 'xero.list-contacts', { pageSize: 10 }),
        node('same', 'map', { expression: `[{ 'amount': 10 }, { 'amount': 10 }]` }),
        node('send', 'emarsys.upsert-contacts', { keyField: '9001', policy: 'once-per-key-and-content' }),
      ],
      ['start contacts', 'contacts same', 'same send'],
    )
    const flow = await scene.workspace.flow(document)
    const run = await scene.workspace.run(flow, document)
    const met = run.counts.exceptions!
    expect(await rowsOf(flow)).toHaveLength(met)
    await forgetCursors(flow)
    await scene.workspace.run(flow, document)
    expect((await rowsOf(flow)).map(({ occurrences }) => occurrences)).toEqual(Array(met).fill(2))
  })
})

describe('trying again', () => {
  test('with the corrected flow resolves every exception, in one run', async () => {
    const scene = await stage.open()
    const document = shaped(`$error('no')`)
    const flow = await scene.workspace.flow(document)
    await scene.workspace.run(flow, document)
    const open = (await rowsOf(flow)).length
    await publish(scene, flow, 2, shaped(GOOD))
    const dry = await retry(scene, { select: { filter: { flow } }, dry: true })
    expect(dry).toEqual({ retried: open, left: {}, runs: [{ run: null, flow, exceptions: open }] })
    expect(await statesOf(flow)).toEqual({ open })
    const { run } = await retried(scene, { select: { filter: { flow } } })
    expect(run).toMatchObject({ state: 'succeeded', counts: { sent: open } })
    expect(await statesOf(flow)).toEqual({ resolved: open })
  })

  test('what fails again opens again as the same exception', async () => {
    const scene = await stage.open()
    const document = shaped(`$error('no')`)
    const flow = await scene.workspace.flow(document)
    await scene.workspace.run(flow, document)
    const before = await rowsOf(flow)
    const { run } = await retried(scene, { select: { ids: before.slice(0, 3).map(({ id }) => id) } })
    expect(run.state).toBe('partly')
    const after = await rowsOf(flow)
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    expect(after.map(({ occurrences }) => occurrences).slice(0, 4)).toEqual([2, 2, 2, 1])
    expect(await statesOf(flow)).toEqual({ open: before.length })
  })

  test('what goes one step further and fails there is another exception', async () => {
    const scene = await stage.open()
    const document = shaped(`$error('no')`)
    const flow = await scene.workspace.flow(document)
    await scene.workspace.run(flow, document)
    const [first] = await rowsOf(flow)
    await publish(scene, flow, 2, shaped(BAD))
    await retried(scene, { select: { ids: [first!.id] } })
    const rows = await rowsOf(flow)
    expect(rows[0]).toMatchObject({ node_id: 'shape', state: 'resolved' })
    expect(rows.filter(({ node_id }) => node_id === 'send')).toMatchObject([{ code: 'INVALID_INPUT', state: 'open' }])
  })

  test('a run that is cancelled opens what it did not get to, and a second try at the same time finds it taken', async () => {
    const scene = await stage.open({ withoutWorker: true })
    const document = shaped(`$error('no')`)
    const flow = await scene.workspace.flow(document)
    const worker = stage.worker(scene)
    await scene.workspace.run(flow, document)
    await worker.stop()
    const ids = (await rowsOf(flow)).map(({ id }) => id)
    const tries = await Promise.all([retry(scene, { select: { ids } }), retry(scene, { select: { ids } })])
    const [won, lost] = tries.sort((a, b) => b.retried - a.retried)
    expect(won).toMatchObject({ retried: ids.length, left: {} })
    expect(lost).toEqual({ retried: 0, left: { EXCEPTION_RETRYING: ids.length }, runs: [] })
    await inWorkspace(stage.database.app.db, scene.workspace.id, (tx) =>
      requestCancel(tx, scene.workspace.id, won!.runs[0]!.run!),
    )
    expect(await statesOf(flow)).toEqual({ open: ids.length })
  })

  test('a step that is gone, and one before a summary, are counted by the code that says why', async () => {
    const scene = await stage.open()
    const document = shaped(`$error('no')`)
    const flow = await scene.workspace.flow(document)
    await scene.workspace.run(flow, document)
    const open = (await rowsOf(flow)).length
    await publish(scene, flow, 2, contactsFlow(10))
    expect((await retry(scene, { select: { filter: { flow } }, dry: true })).left).toEqual({ NODE_GONE: open })
    const summed = flowOf(
      [
        node('contacts', 'xero.list-contacts', {}),
        node('shape', 'map', { expression: GOOD }),
        node('sum', 'summarise', { values: [{ name: 'n', fn: 'count' }] }),
      ],
      ['start contacts', 'contacts shape', 'shape sum'],
    )
    await publish(scene, flow, 3, summed)
    expect((await retry(scene, { select: { filter: { flow } }, dry: true })).left).toEqual({ RERUN_INSTEAD: open })
    expect((await retry(scene, { select: { filter: { flow } }, version: 'same', dry: true })).retried).toBe(open)
  })
})

test('a later success of the same record at the same step resolves its exception by itself', async () => {
  const scene = await stage.open()
  const document = contactsFlow(10, { record: BAD })
  const flow = await scene.workspace.flow(document)
  await scene.workspace.run(flow, document)
  const open = (await rowsOf(flow)).length
  expect(open).toBeGreaterThan(20)
  const later = await runNext(scene, flow, contactsFlow(10))
  expect(later.counts.sent).toBe(open)
  const rows = await rowsOf(flow)
  expect(countBy(rows, ({ state }) => state)).toEqual({ resolved: open })
  expect(rows[0]?.resolution).toContain(later.id)
})

test('also in the middle of neighbouring steps, where it has no name of its own, and only if it came through there', async () => {
  const scene = await stage.open()
  // One trip to the evaluator: the step that fails sees nothing of a contact but its name.
  const steps = (last: string, condition = 'true'): Flow =>
    flowOf(
      [
        node('contacts', 'xero.list-contacts', { pageSize: 10 }),
        node('named', 'map', { expression: `{ 'n': Name, 'c': ContactID }` }),
        node('some', 'filter', { condition }),
        node('last', 'map', { expression: last }),
        node('send', 'emarsys.upsert-contacts', { keyField: '9001' }),
      ],
      ['start contacts', 'contacts named', 'named some', 'some last', 'last send'],
    )
  const flow = await scene.workspace.flow(steps(`$error('no')`))
  await scene.workspace.run(flow, steps(`$error('no')`))
  const all = (await rowsOf(flow)).length
  expect(await statesOf(flow)).toEqual({ open: all })
  // What a filter before it holds back has not come through it.
  const good = `{ '9001': c, '18': n }`
  const [first] = scene.xero.state.books.contacts.ordered
  await runNext(scene, flow, steps(good, `c = '${first!.id}'`))
  expect(await statesOf(flow)).toEqual({ open: all - 1, resolved: 1 })
  await runNext(scene, flow, steps(good), 3)
  expect(await statesOf(flow)).toEqual({ resolved: all })
})

test('at a join the record that comes in resolves its exception; one of the other side of the same name does not', async () => {
  const scene = await stage.open({ contacts: 2, invoices: 0, creditNotes: 0 })
  const joined = (other: string, come = 'true'): Flow =>
    flowOf(
      [
        node('others', 'xero.list-contacts', { pageSize: 10 }),
        node('double', 'map', { expression: other }),
        node('contacts', 'xero.list-contacts', { pageSize: 10 }),
        node('some', 'filter', { condition: come }),
        node('both', 'join', { key: 'ContactID', withKey: 'key', as: 'other', cardinality: 'one' }),
        node('send', 'emarsys.upsert-contacts', { keyField: '9001', record: GOOD }),
      ],
      [
        'start others',
        'others double',
        'double both:with',
        'start contacts',
        'contacts some',
        'some both',
        'both send',
      ],
    )
  const twice = joined(`[{ 'key': ContactID, 'n': 1 }, { 'key': ContactID, 'n': 2 }]`)
  const flow = await scene.workspace.flow(twice)
  expect(await scene.workspace.run(flow, twice)).toMatchObject({ state: 'partly' })
  expect(countBy(await rowsOf(flow), ({ code, state }) => `${code} ${state}`)).toEqual({ 'AMBIGUOUS open': 2 })
  // Of the other side, by the name of the very contact; nothing comes in.
  const same = `{ 'key': ContactID, 'ContactID': ContactID, 'UpdatedDateUTC': UpdatedDateUTC }`
  await runNext(scene, flow, joined(same, 'false'))
  expect(await statesOf(flow)).toEqual({ open: 2 })
  await runNext(scene, flow, joined(same), 3)
  expect(await statesOf(flow)).toEqual({ resolved: 2 })
})

describe('a flow that keeps order', () => {
  /** Two versions of each contact follow each other; the first one is refused while `$now` is asked for. */
  const ordered = (expression: string): Flow => ({
    ...flowOf(
      [
        node('contacts', 'xero.list-contacts', { pageSize: 10 }),
        node('twice', 'map', {
          expression: `[{ 'id': ContactID, 'n': 1, 'Name': Name }, { 'id': ContactID, 'n': 2, 'Name': Name }]`,
        }),
        node('shape', 'map', { expression }),
        node('send', 'emarsys.upsert-contacts', { keyField: '9001', policy: 'every-time' }),
      ],
      ['start contacts', 'contacts twice', 'twice shape', 'shape send'],
    ),
    order: 'by-key',
  })
  const SHAPE = `{ '9001': id, '18': Name & ' ' & $string(n) }`

  test('lets a later record wait behind the exception of an earlier one, and follow when that is closed', async () => {
    const scene = await stage.open({ contacts: 12 })
    const document = ordered(`n = 1 ? $error('no') : ${SHAPE}`)
    const flow = await scene.workspace.flow(document)
    const run = await scene.workspace.run(flow, document)
    const rows = await rowsOf(flow)
    const half = rows.length / 2
    expect(countBy(rows, ({ code }) => code)).toEqual({ SET_ASIDE: half, HELD_BEHIND: half })
    expect(run.counts.sent ?? 0).toBe(0)
    await publish(scene, flow, 2, ordered(SHAPE))
    const { answer } = await retried(scene, { select: { filter: { flow } } })
    // The later ones follow by themselves.
    expect(answer).toMatchObject({ retried: half, left: { EXCEPTION_HELD: half } })
    await expect.poll(() => statesOf(flow), { timeout: 60_000 }).toEqual({ resolved: half * 2 })
  })
})
