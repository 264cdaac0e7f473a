import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openFleet } from '../support/fleet.ts'
import { fill } from '../support/small-disk.ts'
import { openShop, orderNumbers, quiescent, type Tally, tally } from './orders.ts'
import { type PrivilegedFindings, privileged } from './privileged.ts'

export type DiskFindings = {
  /** Acknowledged before the disk was full, while it was, and after. */
  readonly acknowledged: readonly [before: number, meanwhile: number, after: number]
  readonly refused: number
  /** What an event that was refused was answered, each kind once. */
  readonly answers: readonly string[]
  /** Those of before the disk was full. */
  readonly early: readonly string[]
  readonly processesGone: number
  /** Runs that did not go on by themselves. */
  readonly failedRuns: number
  readonly privileged: PrivilegedFindings
  readonly tally: Tally
}

/** Leaves less than a tenth. */
function fillNearly(path: string): void {
  const file = openSync(join(path, 'first-filler'), 'w')
  for (let { bavail, blocks } = statfsSync(path); bavail > blocks * 0.09; { bavail, blocks } = statfsSync(path)) {
    writeSync(file, Buffer.alloc(1 << 20))
  }
  closeSync(file)
}

/** The disk of the database is nearly full, then full for a while, in which orders keep coming. */
export async function fullDisk(disk: string, fullMs: number): Promise<DiskFindings> {
  const quiet = { info() {}, warn() {}, error() {} }
  const server = await startPostgres({ dataDir: join(disk, 'data'), log: quiet })
  try {
    const fleet = await openFleet({ databaseUrl: server.url, xero: { contacts: 1 } })
    try {
      const answers = new Set<string>()
      const shop = await openShop(fleet, 100, (answer) => answers.add(answer))
      // The first one has a database elsewhere, as far as it knows: it learns from it that there is no room.
      const watching = await fleet.start('api', { DATABASE_DISK: disk })
      const processes = [fleet.api, watching, await fleet.start('worker')]
      const taken = [await shop.send(orderNumbers(0, 300)), [] as string[], [] as string[]] as const
      const owner = await privileged(fleet, 100)
      let next = 300
      let sent = 0
      const sellFor = async (ms: number, into: string[]) => {
        for (const until = performance.now() + ms; performance.now() < until; next += 50, sent += 50) {
          into.push(...(await shop.send(orderNumbers(next, 50))))
        }
      }
      fillNearly(disk)
      for (let tries = 0; answers.size === 0 && tries < 100; tries++, next++) {
        taken[0].push(...(await shop.send(orderNumbers(next, 1), { through: watching.url })))
        await sleep(50)
      }
      const early = [...answers]
      fill(disk)
      await sellFor(fullMs, taken[1])
      // On a busy machine that time is short.
      for (let more = 0; sent - taken[1].length <= 100 && more < 10; more++) await sellFor(1_000, taken[1])
      const refused = sent - taken[1].length
      for (const filler of ['filler', 'first-filler']) rmSync(join(disk, filler))
      // Whoever sends events sends again what was not taken; here others come instead.
      while (taken[2].length === 0) {
        await sellFor(500, taken[2])
        await sleep(200)
      }
      await sellFor(1_000, taken[2])
      await owner.end()
      const failedRuns = await quiescent(fleet, shop.flow)
      return {
        failedRuns,
        privileged: await owner.compare(server.url),
        acknowledged: [taken[0].length, taken[1].length, taken[2].length],
        refused,
        answers: [...answers],
        early,
        processesGone: processes.filter((one) => !one.alive()).length,
        tally: await tally(fleet, taken.flat()),
      }
    } finally {
      await fleet.close()
    }
  } finally {
    await server.stop()
  }
}
