import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { armFailpoints } from '../../server/run/call/failpoint.ts'
import type { Scene, Stage } from '../support/scene.ts'
import { trackedFiles } from '../support/source-tree.ts'
import type { WorkerProcess } from '../support/worker-order.ts'
import type { Variant } from './sweep.ts'
import { sweepDoubts } from './sweep-doubts.ts'
import { sweepEffects } from './sweep-effects.ts'
import { sweepReturns } from './sweep-returns.ts'

// A run that touches every part of the executor fails once at one named point, is taken up again, and what arrived is
// counted in the sandboxes.

/** throw: the code fails there. kill: the process dies. freeze: it stands still for three leases, then goes on. */
export type How = 'throw' | 'kill' | 'freeze'
export type Case = { readonly point: string; readonly hit: number; readonly how: How }

/** Points that only the flow meets which comes back to earlier work. */
const RETURNS =
  /^(?:feed\.page|ledger\.(?:doubts|found|replace|send)|wait\.kept|walk\.find|write\.(?:references|values)):/
/** Points that only the flow meets which finds effects in doubt that earlier runs left. */
const DOUBTS = /^probe\./
/** Met only by whoever takes up what a process left that died with a call under way: once, for there is one such call. */
const TAKEN_OVER = /^ledger\.(?:doubts|found):/

export const SWEEP_SCENE = { contacts: 4, invoices: 1, creditNotes: 0, withoutWorker: true } as const

let cases = 0

export type Sweep = {
  /** Every point that a run has met so far. */
  readonly met: ReadonlySet<string>
  /** How often a run in which nothing fails meets a point. Of what is met only after a death: once. */
  hits(point: string): Promise<number>
  /** Carries out one case. Answers what is wrong afterwards; undefined when all went well and the point was not met so often. */
  run(one: Case): Promise<readonly string[] | undefined>
}

/** `signal` ends it: what went on after its test was given up would take the runs of the next one. */
export async function openSweep(stage: Stage, signal: AbortSignal, leaseSeconds = 1): Promise<Sweep> {
  const scene = await stage.open(SWEEP_SCENE)
  const [effects, returns, doubts] = [sweepEffects(stage, scene), sweepReturns(stage, scene), sweepDoubts(stage, scene)]
  const met = new Set<string>()
  /** How often a run of a variant in which nothing fails meets each point: later hits need not be waited for. */
  const undisturbed = new Map<Variant, ReadonlyMap<string, number>>()

  /** Runs of the flow to their end, and what comes after them. */
  async function carryOut(variant: Variant, flow: string): Promise<void> {
    await settledFlow(stage, scene, flow, signal)
    if (!variant.after) return
    await variant.after(flow)
    await settledFlow(stage, scene, flow, signal)
  }

  /** Answers whether the point was met; a worker that stands still there wakes later. */
  async function inProcess(
    { point, hit }: Case,
    how: 'kill' | 'freeze',
    variant: Variant,
    flow: string,
  ): Promise<boolean | WorkerProcess> {
    // The leases of a killed one are ended for it. Short ones would only be lost by a process on a busy machine, and a run
    // that is poisoned by that ends before it comes to the point.
    const worker = await stage.process(scene, how === 'freeze' ? leaseSeconds : undefined, { point, hit, how })
    const over = how === 'kill' ? worker.exited : worker.frozen
    const isMet = await Promise.race([over.then(() => true), carryOut(variant, flow).then(() => false)])
    // It may have died after its run had ended: then it has no exit code.
    if (how === 'kill') return isMet || (await worker.stop()) === null
    if (!isMet) await worker.kill()
    return isMet && worker
  }

  async function throwing(one: Case, variant: Variant, flow: string): Promise<boolean> {
    const hits = new Map<string, number>()
    let thrown = false
    armFailpoints((point) => {
      met.add(point)
      hits.set(point, (hits.get(point) ?? 0) + 1)
      if (thrown || point !== one.point || hits.get(point)! < one.hit) return
      thrown = true
      throw new Error(`failed on purpose at ${point}`)
    })
    const worker = stage.worker(scene, leaseSeconds)
    try {
      await carryOut(variant, flow)
      const isUndisturbed =
        !thrown && !TAKEN_OVER.test(one.point) && (await failedRuns(stage, scene, flow)).length === 0
      if (isUndisturbed) undisturbed.set(variant, hits)
      return thrown
    } finally {
      armFailpoints(undefined)
      await worker.stop()
    }
  }

  /** A process dies before it hears the answer to its first call; by a renewed login, the call's key is worth nothing. */
  async function leaveInDoubt(variant: Variant, flow: string): Promise<void> {
    await inProcess({ point: 'ledger.answer:before', hit: 1, how: 'kill' }, 'kill', variant, flow)
    await scene.workspace.forgetTokens(scene.workspace.xero)
  }

  const variantOf = (point: string) => (DOUBTS.test(point) ? doubts : RETURNS.test(point) ? returns : effects)

  const sweep: Sweep = {
    met,
    async hits(point) {
      if (TAKEN_OVER.test(point)) return 1
      const variant = variantOf(point)
      if (!undisturbed.has(variant)) await sweep.run({ point, hit: Number.POSITIVE_INFINITY, how: 'throw' })
      return undisturbed.get(variant)?.get(point) ?? 0
    },
    async run(one) {
      const variant = variantOf(one.point)
      const usual = undisturbed.get(variant)
      const isNeverMet = TAKEN_OVER.test(one.point)
        ? one.hit > 1
        : one.how === 'throw' && usual && (usual.get(one.point) ?? 0) < one.hit
      if (isNeverMet) return undefined
      signal.throwIfAborted()
      cases += 1
      const name = `S${cases}`
      await variant.before?.(name, async (flow, document) => {
        await scene.workspace.queue(flow, document)
        await withWorker(() => settledFlow(stage, scene, flow, signal))
      })
      const document = variant.document(name)
      const flow = await scene.workspace.flow(document)
      await scene.workspace.queue(flow, document)
      if (TAKEN_OVER.test(one.point)) await leaveInDoubt(variant, flow)
      const failed = await (one.how === 'throw' ? throwing(one, variant, flow) : inProcess(one, one.how, variant, flow))
      if (!failed) {
        const broken = await failedRuns(stage, scene, flow)
        return broken.length > 0 ? broken : undefined
      }
      // Whoever looks after the product runs the flow again: a run that failed as a bug is not retried by itself.
      await withWorker(async () => {
        await settledFlow(stage, scene, flow, signal)
        await scene.workspace.queue(flow, document)
        await carryOut(variant, flow)
      })
      // It is woken by now, or will be: whatever it still does, it has done when it ends.
      if (failed !== true) await failed.stop()
      return variant.faults(name, flow)
    },
  }
  return sweep

  async function withWorker(work: () => Promise<void>): Promise<void> {
    const worker = stage.worker(scene)
    try {
      await work()
    } finally {
      await worker.stop()
    }
  }
}

/** Waits until no run of the flow is at work or waits to be. */
async function settledFlow(stage: Stage, scene: Scene, flow: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const { rows } = await sql<{ live: number }>`
      select count(*) as live from runs
      where workspace_id = ${scene.workspace.id} and flow_id = ${flow} and state in ('queued', 'running', 'waiting')
    `.execute(stage.database.owner.db)
    if (rows[0]!.live === 0) return
    await sleep(10)
  }
}

/** Runs that ended badly though nothing was done to them: whether they would have come to a point is not known. */
async function failedRuns(stage: Stage, scene: Scene, flow: string): Promise<readonly string[]> {
  const { rows } = await sql<{ code: string | null }>`
    select code from runs where workspace_id = ${scene.workspace.id} and flow_id = ${flow} and state = 'failed'
  `.execute(stage.database.owner.db)
  return rows.map(({ code }) => `a run failed by itself: ${code}`)
}

/** Every point that stands in the executor's code. */
export function namedPoints(): readonly string[] {
  const names = new Set<string>()
  for (const [path, text] of trackedFiles()) {
    if (!path.startsWith('server/')) continue
    for (const match of text.matchAll(/\bfailpoint\('([^']+)'\)/g)) names.add(match[1]!)
  }
  return [...names].sort()
}
