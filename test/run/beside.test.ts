import { sql } from 'kysely'
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
  'silent workspaces that hold all slots keep the next one waiting no longer than one of their calls, and it comes before what they have left',
  LONG,
  async () => {
    const quiet = { contacts: 3, invoices: 0, creditNotes: 0 }
    const [well, other] = [
      await stage.open({ ...quiet, withoutWorker: true }),
      await stage.open({ ...quiet, withoutWorker: true }),
    ]
    const others = [well, other].flatMap(({ xero, emarsys }) => [xero.url, emarsys.url])
    const ill = await stage.open({ ...quiet, others })
    for (const { xero } of [ill, other]) {
      xero.addFaults([
        { kind: 'slow', match: { method: 'GET', pathPrefix: '/api.xro/2.0/Contacts' }, delayMs: 8_000, times: 100 },
      ])
    }
    const all: { readonly scene: Scene; readonly run: string }[] = []
    const queue = async (scene: Scene, name: string) => {
      const flow = await scene.workspace.flow(contactsOf(name))
      all.push({ scene, run: await scene.workspace.queue(flow, contactsOf(name)) })
      return all.at(-1)!.run
    }
    // All slots by the one, and the one beside them.
    const silent = [await queue(ill, 'One'), await queue(ill, 'Two'), await queue(other, 'Beside')]
    ill.workspace.worker.wake()
    await expect.poll(() => statesOf(silent), { interval: 100 }).toEqual(silent.map(() => 'running'))
    const left = await queue(ill, 'Left')
    const next = await queue(well, 'Well')
    ill.workspace.worker.wake()
    // Whoever looks for work in the next test finds nothing of theirs.
    await Promise.all(all.map(({ scene, run }) => scene.workspace.ended(run)))
    const { rows } = await sql<{ kept: boolean; first: boolean }>`
    select w.started_at > (select min(ended_at) from runs where id = any(${silent}::uuid[])) as kept,
      w.started_at < l.started_at as first
    from runs w, runs l where w.id = ${next} and l.id = ${left}
  `.execute(stage.database.owner.db)
    expect(rows).toEqual([{ kept: true, first: true }])
  },
)

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
