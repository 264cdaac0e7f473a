import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openFleet } from '../support/fleet.ts'
import type { ProductProcess } from '../support/product-process.ts'
import { ROOT } from '../support/source-tree.ts'
import { openShop, quiescent, type Tally, tally } from './orders.ts'
import { steadyOrders } from './steady-orders.ts'

export type DeployOptions = {
  readonly databaseUrl: string
  /** Folders with the code of the version before and of the one that takes its place. */
  readonly older: string
  readonly newer: string
  /** Orders that are sent every second, whatever comes back. */
  readonly perSecond: number
}

export type DeployFindings = {
  readonly acknowledged: number
  /** What an order that was refused was answered. */
  readonly refused: readonly string[]
  /** Orders sent that got no answer at all. */
  readonly unanswered: number
  /** Until the newer version was ready, from its start, in milliseconds. */
  readonly readyMs: number
  /** Until the older version's worker had ended, from that moment on. */
  readonly olderGoneMs: number
  /** How the older version's processes ended: the worker by itself, the one with an API when it was asked to. */
  readonly exits: readonly (number | null)[]
  /** What the older one with an API answers whoever asks whether it is ready. */
  readonly olderReady: number
  /** What the older version's processes wrote down. */
  readonly said: readonly string[]
  /** What the newer version's did. */
  readonly newerSaid: readonly string[]
  /** Runs that an operator had to carry out again. */
  readonly failedRuns: number
  readonly tally: Tally
}

/** The newer version starts beside the older one while orders come in, then the older one is stopped, as a deploy does it. */
export async function deploy(options: DeployOptions): Promise<DeployFindings> {
  const { older, newer, databaseUrl, perSecond } = options
  const fleet = await openFleet({
    ...{ databaseUrl, root: older },
    xero: { contacts: 1, latencyMs: 10 },
    emarsys: { latencyMs: 10 },
    env: { LOG_LEVEL: 'warn', DATABASE_CONNECTIONS: '10' },
  })
  try {
    const refused: string[] = []
    const shop = await openShop(fleet, 5, (answer) => refused.push(answer))
    const worker = await fleet.start('worker', {}, older)
    let doors: readonly ProductProcess[] = [fleet.api]
    const orders = steadyOrders(shop, perSecond, () => doors.map(({ url }) => url))
    await sleep(2_000)
    const begun = performance.now()
    const next = await fleet.start('all', {}, newer)
    const ready = performance.now()
    doors = [fleet.api, next]
    const exits = [await worker.exited]
    const olderGoneMs = performance.now() - ready
    let olderReady = 0
    while (olderReady !== 503) {
      await sleep(100)
      olderReady = (await fetch(`${fleet.api.url}/api/v1/health/ready`)).status
    }
    await sleep(1_000)
    // Whoever deploys takes it from the list of the proxy first.
    doors = [next]
    await sleep(200)
    exits.push(await fleet.api.stop())
    await sleep(2_000)
    await orders.end()
    const { acknowledged } = orders
    const failedRuns = await quiescent(fleet, shop.flow)
    const lines = (all: readonly ProductProcess[]) =>
      all.flatMap((one) => one.said().split('\n')).filter((line) => line.startsWith('{'))
    return {
      ...{ acknowledged: acknowledged.length, refused, exits, olderGoneMs, olderReady, failedRuns },
      unanswered: orders.sent.length - acknowledged.length - refused.length,
      readyMs: ready - begun,
      said: lines([worker, fleet.api]),
      newerSaid: lines([next]),
      tally: await tally(fleet, acknowledged),
    }
  } finally {
    await fleet.close()
  }
}

/** This version's code with a migration more, in a folder of its own. */
export function nextVersion(migration: string): { readonly root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'tieline-next-'))
  for (const folder of ['server', 'connectors', 'migrations']) {
    cpSync(join(ROOT, folder), join(root, folder), { recursive: true })
  }
  const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object
  writeFileSync(join(root, 'package.json'), JSON.stringify({ ...about, version: '999.0.0' }))
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  writeFileSync(join(root, 'migrations/9999-next.ts'), migration)
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
}
