import { expect, test } from 'vitest'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'

// One worker, two workspaces: what goes wrong in one of them is not to hold up the other.

const stage = setStage()
const LONG = { timeout: 300_000 }

/** One built-in call that works for minutes: nothing but the end of its process stops it. */
const HEAVY = '{ "x": $count($distinct($map([1..4500], function($i) {{"a": {"b": {"c": {"d": [1..60, $i]}}}}}))) }'

/** Slots of the worker. */
const SLOTS = 2
const RUNS = 5

/** `ill` has the worker; `well` is carried out by it, too. */
async function twoWorkspaces(): Promise<{ readonly well: Scene; readonly ill: Scene }> {
  const well = await stage.open({ contacts: 20, invoices: 0, creditNotes: 0, withoutWorker: true })
  const others = [well.xero.url, well.emarsys.url]
  return { well, ill: await stage.open({ contacts: 3, invoices: 0, creditNotes: 0, others }) }
}

const contactsOf = (name: string) => ({ ...contactsFlow(5, { policy: 'every-time' }), name })

/** Milliseconds of the middle one of some runs, one after the other. `meanwhile` is asked after each. */
async function pace({ well, ill }: { well: Scene; ill: Scene }, meanwhile?: () => Promise<void>) {
  const took: number[] = []
  for (let n = 0; n < RUNS; n++) {
    // A new one reads them all.
    const flow = await well.workspace.flow(contactsOf('Well'))
    const begun = performance.now()
    const run = await well.workspace.queue(flow, contactsOf('Well'))
    ill.workspace.worker.wake()
    const state = async () => (await well.workspace.ended(run)).state
    expect(await Promise.race([state(), late()])).toBe('succeeded')
    took.push(performance.now() - begun)
    await meanwhile?.()
  }
  return took.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!
}

const late = () =>
  new Promise<string>((resolve) => {
    setTimeout(resolve, 40_000, 'held up').unref()
  })

const statesOf = async (runs: readonly string[]) => {
  const { db } = stage.database.owner
  const rows = await db
    .selectFrom('runs')
    .select('state')
    .where('id', 'in', [...runs])
    .execute()
  return rows.map(({ state }) => state)
}

test(
  'a workspace whose other system is silent, with more flows than there are slots, does not hold up another one',
  LONG,
  async () => {
    const both = await twoWorkspaces()
    const { ill } = both
    const alone = await pace(both)
    ill.xero.addFaults([
      { kind: 'slow', match: { method: 'GET', pathPrefix: '/api.xro/2.0/Contacts' }, delayMs: 90_000, times: 100 },
    ])
    const slow: string[] = []
    for (let n = 0; n < 2 * SLOTS; n++) {
      const document = contactsOf(`Slow ${n}`)
      slow.push(await ill.workspace.queue(await ill.workspace.flow(document), document))
    }
    const atWork = async () => (await statesOf(slow)).filter((state) => state === 'running').length
    await expect.poll(atWork, { timeout: 60_000 }).toBeGreaterThanOrEqual(SLOTS)
    const beside = await pace(both, async () => {
      expect(await atWork()).toBeGreaterThanOrEqual(SLOTS)
      expect(await statesOf(slow)).not.toContain('succeeded')
    })
    expect(beside / alone).toBeLessThan(10)
  },
)

test('a workspace whose records end the processes that evaluate them does not hold up another one', LONG, async () => {
  const both = await twoWorkspaces()
  const { ill } = both
  const poison = flowOf(
    [node('people', 'xero.list-contacts', { pageSize: 5 }), node('heavy', 'map', { expression: HEAVY })],
    ['start people', 'people heavy'],
  )
  const bad = await ill.workspace.queue(await ill.workspace.flow(poison), poison)
  await expect.poll(() => stage.evaluator.stats().killed, { timeout: 60_000 }).toBeGreaterThan(0)
  // All of the other one's, while this one is at its first records: how long they take is a matter of processors.
  await pace(both)
  expect(await statesOf([bad])).toEqual(['running'])
  // Each of them is set aside, and the run comes to its end.
  expect(await ill.workspace.ended(bad)).toMatchObject({ state: 'partly', counts: { exceptions: 3 } })
})
