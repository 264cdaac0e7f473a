import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../server/store/database/ids.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'

// Runs are cancelled, and let go on, many at a time.

let it: Installation
let workspace: string
let owner: Caller
let flow: string
let other: string
let at: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
  flow = (await publishedFlow(owner, workspace)).flow
  other = (await publishedFlow(owner, workspace)).flow
})
afterAll(() => it.close())

const queue = async (values: object = {}): Promise<string> => {
  const { id } = (await owner.call('POST', `${at}/flows/${flow}/run`, {})).json()
  await it.database.owner.db
    .updateTable('runs')
    .set({ state: 'queued', ...values })
    .where('id', '=', id)
    .execute()
  return id
}
const paused = { state: 'paused', reason: 'Paused before it went on.' }
const control = async (what: 'cancel' | 'resume', body: object, by = owner) =>
  (await by.call('POST', `${at}/runs/${what}`, body)).json()
const statesOf = async (...ids: string[]) => {
  const rows = await it.database.owner.db.selectFrom('runs').select(['id', 'state']).where('id', 'in', ids).execute()
  return ids.map((id) => rows.find((row) => row.id === id)?.state)
}

test('paused runs go on together: what cannot is counted by why, and a dry count changes nothing', async () => {
  const [first, second, told, queued, ended, cancelling] = [
    await queue(paused),
    await queue(paused),
    await queue({ state: 'running', pause_requested: true }),
    await queue(),
    await queue({ state: 'succeeded', ended_at: new Date() }),
    await queue({ state: 'running', cancel_requested: true, flow_id: other }),
  ]
  const select = { ids: [first, second, told, queued, ended, cancelling, newId()] }
  const counted = {
    ...{ changed: 3, more: false },
    left: { RUN_NOT_PAUSED: 1, RUN_ENDED: 1, RUN_CANCELLING: 1, NOT_FOUND: 1 },
  }
  const before = ['paused', 'paused', 'running', 'queued', 'succeeded', 'running']
  expect(await control('resume', { select, dry: true })).toEqual(counted)
  expect(await statesOf(first, second, told, queued, ended, cancelling)).toEqual(before)
  expect(await control('resume', { select })).toEqual(counted)
  expect(await statesOf(first, second, told, queued, ended, cancelling)).toEqual([
    'queued',
    'queued',
    ...before.slice(2),
  ])
  // Asked for twice, it is done once.
  expect(await control('resume', { select: { ids: [first, second] } })).toMatchObject({
    changed: 0,
    left: { RUN_NOT_PAUSED: 2 },
  })
  const entries = (await owner.call('GET', `${at}/audit?action=run.resume`)).json().items
  expect(entries.map(({ detail }: { detail: object }) => detail)).toMatchObject([
    { changed: 0 },
    { select: { ids: select.ids }, changed: 3 },
  ])
})

test('all that fit and have not ended are cancelled, and no other', async () => {
  const mine = [await queue(paused), await queue(paused)]
  const elsewhere = await queue({ ...paused, flow_id: other })
  const done = await queue({ state: 'failed', ended_at: new Date() })
  const filter = { flow, state: 'paused' }
  expect(await control('cancel', { select: { filter }, dry: true })).toEqual({ changed: 2, left: {}, more: false })
  expect(await control('cancel', { select: { filter } })).toEqual({ changed: 2, left: {}, more: false })
  expect(await statesOf(...mine, elsewhere, done)).toEqual(['cancelled', 'cancelled', 'paused', 'failed'])
  // One at work is told.
  await control('cancel', { select: { filter: {} } })
  await it.database.owner.db.updateTable('runs').set({ state: 'cancelled' }).where('state', '=', 'running').execute()
  const working = await queue({ state: 'running' })
  const running = { select: { filter: { flow, state: 'running' } } }
  expect(await control('cancel', running)).toMatchObject({ changed: 1, left: {} })
  expect(await control('cancel', running)).toMatchObject({ changed: 0, left: { RUN_CANCELLING: 1 } })
  expect((await owner.call('GET', `${at}/runs/${working}`)).json()).toMatchObject({
    ...{ state: 'running', cancelRequested: true },
  })
})

test('ids of another workspace are not found, and what is paused there stays so', async () => {
  const run = await queue(paused)
  const away = await it.workspace()
  const stranger = await it.member(away, 'owner')
  const answer = await stranger.call('POST', `/workspaces/${away}/runs/resume`, { select: { ids: [run] } })
  expect(answer.json()).toEqual({ changed: 0, left: { NOT_FOUND: 1 }, more: false })
  expect(await statesOf(run)).toEqual(['paused'])
})

test('“right now” names the runs that are paused for one reason', async () => {
  await control('cancel', { select: { filter: {} } })
  const early = { created_at: new Date(Date.now() - 600_000) }
  const runs = [await queue({ ...paused, ...early }), await queue({ ...paused, ...early }), await queue(early)]
  const { groups } = (await owner.call('GET', `${at}/now`)).json()
  const waiting = groups.filter(({ kind }: { kind: string }) => kind === 'waiting')
  expect(waiting.map((group: { state: string; paused: string[] }) => [group.state, group.paused])).toEqual(
    expect.arrayContaining([['paused', runs.slice(0, 2)]]),
  )
  expect(waiting.filter(({ state }: { state: string }) => state !== 'paused')).toMatchObject([{ paused: [] }])
})
