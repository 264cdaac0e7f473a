import { expect, test } from 'vitest'
import { findRemembered, forgetKey, forgetNode, listNodeMemory } from '../../server/store/journal/forget-node.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { node } from '../support/flows.ts'
import { givenFlow } from '../support/given.ts'
import { setStage } from '../support/scene.ts'

const stage = setStage()
const SMALL = { contacts: 1, invoices: 0, creditNotes: 0 }

const fresh = (settings: Record<string, unknown> = {}) => node('fresh', 'changed-only', { key: ['id'], ...settings })
const opened = async (settings: Record<string, unknown> = {}) => {
  const scene = await stage.open(SMALL)
  return { scene, ...(await givenFlow(stage, scene, [fresh(settings)], ['given fresh'])) }
}
const WINDOW = { kind: 'window', from: '2026-01-01', to: '2026-02-01' } as const

test('what is new or differs goes through; what is the same leaves by “unchanged”', async () => {
  const { run } = await opened({ as: 'what' })
  const first = await run([
    { id: 1, n: 'a' },
    { id: 2, n: 'b' },
  ])
  expect(await first.counts('fresh')).toEqual({
    in: 2,
    out: 2,
    unchanged: 0,
    new: 2,
    changed: 0,
    repeated: 0,
    rejected: 0,
  })
  // Fields in another order are the same content.
  const second = await run([
    { n: 'a', id: 1 },
    { id: 2, n: 'c' },
    { id: 3, n: 'd' },
  ])
  expect(await second.left('fresh', 'out')).toEqual([
    { id: 2, n: 'c', what: 'changed' },
    { id: 3, n: 'd', what: 'new' },
  ])
  expect(await second.left('fresh', 'unchanged')).toEqual([{ id: 1, n: 'a', what: 'unchanged' }])
  // Back to what it was is a change as well.
  expect(await (await run([{ id: 2, n: 'b' }])).counts('fresh')).toMatchObject({ changed: 1 })
})

test('of one key in one batch, each is compared with the one before it', async () => {
  const { run } = await opened()
  const once = await run([
    { id: 1, n: 'a' },
    { id: 1, n: 'a' },
    { id: 1, n: 'b' },
  ])
  expect(await once.counts('fresh')).toMatchObject({ new: 1, changed: 1, unchanged: 1 })
  expect(await (await run([{ id: 1, n: 'b' }])).counts('fresh')).toMatchObject({ unchanged: 1 })
})

test('only the listed fields count, or all but those', async () => {
  const only = await opened({ compare: 'only', fields: ['deep.n'] })
  await only.run([{ id: 1, deep: { n: 1 }, at: 1 }])
  expect(await (await only.run([{ id: 1, deep: { n: 1, m: 2 }, at: 2 }])).counts('fresh')).toMatchObject({
    unchanged: 1,
  })
  expect(await (await only.run([{ id: 1, deep: { n: 2 } }])).counts('fresh')).toMatchObject({ changed: 1 })
  const allBut = fresh({ compare: 'all-but', fields: ['at', 'lines.seen'] })
  const but = await givenFlow(stage, only.scene, [allBut], ['given fresh'])
  await but.run([{ id: 1, at: 1, lines: [{ n: 1, seen: 1 }] }])
  expect(await (await but.run([{ id: 1, at: 2, lines: [{ n: 1, seen: 2 }] }])).counts('fresh')).toMatchObject({
    unchanged: 1,
  })
  expect(await (await but.run([{ id: 1, lines: [{ n: 2 }] }])).counts('fresh')).toMatchObject({ changed: 1 })
})

test('a key of several fields needs all of them', async () => {
  const { run, scene } = await opened({ key: ['a', 'b'] })
  const first = await run([{ a: 'x', b: 1 }, { a: 'x', b: 2 }, { a: 'x' }])
  expect(first.state).toBe('partly')
  expect(await first.counts('fresh')).toMatchObject({ new: 2, rejected: 1 })
  expect(await scene.workspace.exceptions()).toMatchObject([{ code: 'INVALID_INPUT', node_id: 'fresh' }])
  expect(await (await run([{ a: 'x', b: 2 }])).counts('fresh')).toMatchObject({ unchanged: 1 })
})

test('a batch that does not settle remembers nothing', async () => {
  const scene = await stage.open({ contacts: 4, invoices: 0, creditNotes: 0 })
  const { run } = await givenFlow(
    stage,
    scene,
    [fresh(), node('find', 'xero.get-contacts', { key: 'contact', as: 'contact' })],
    ['given fresh', 'fresh find'],
  )
  const contact = scene.xero.state.books.contacts.ordered[0]!.id
  scene.xero.addFaults([{ kind: 'html-200', match: { pathPrefix: '/api.xro/2.0/Contacts' }, times: 1 }])
  const failed = await run([{ id: 1, contact }])
  expect(failed.state).toBe('failed')
  const again = await run([{ id: 1, contact }])
  expect(again.state).toBe('succeeded')
  expect(await again.counts('fresh')).toMatchObject({ new: 1, unchanged: 0 })
})

test('a back-fill lets everything through and remembers it; a node can be told to forget', async () => {
  const { run, flow, scene } = await opened()
  await run([{ id: 1, n: 'a' }])
  expect(
    await (
      await run(
        [
          { id: 1, n: 'a' },
          { id: 2, n: 'b' },
        ],
        WINDOW,
      )
    ).counts('fresh'),
  ).toMatchObject({
    out: 2,
    new: 1,
    repeated: 1,
    unchanged: 0,
  })
  expect(await (await run([{ id: 2, n: 'b' }])).counts('fresh')).toMatchObject({ unchanged: 1 })
  const inTenant = <T>(work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace(stage.database.app.db, scene.workspace.id, work)
  expect(await inTenant((tx) => listNodeMemory(tx, scene.workspace.id, flow))).toMatchObject([
    { node_id: 'fresh', keys: 2 },
  ])
  const { keys } = scene.workspace
  const place = { workspace: scene.workspace.id, flow, node: 'fresh' }
  // Numbers are keys by their text.
  expect(await inTenant((tx) => findRemembered(tx, keys, place, '2'))).toMatchObject({ state: null })
  expect(await inTenant((tx) => findRemembered(tx, keys, place, '3'))).toBeUndefined()
  expect(await inTenant((tx) => forgetKey(tx, keys, place, '1'))).toBe(true)
  expect(await inTenant((tx) => forgetKey(tx, keys, place, '1'))).toBe(false)
  expect(await (await run([{ id: 1, n: 'a' }])).counts('fresh')).toMatchObject({ new: 1 })
  expect(await inTenant((tx) => forgetNode(tx, scene.workspace.id, flow, 'fresh'))).toBe(2)
  expect(await (await run([{ id: 2, n: 'b' }])).counts('fresh')).toMatchObject({ new: 1 })
})
