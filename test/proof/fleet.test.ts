import { expect, test } from 'vitest'
import { emptyDatabase, testDatabase } from '../support/database.ts'
import { smallDisk } from '../support/small-disk.ts'
import { clockJumps, LONGEST_MS } from './clock-jumps.ts'
import { failover } from './failover.ts'
import { fullDisk } from './full-disk.ts'
import { kills } from './kills.ts'
import { lostAnswers } from './lost-answers.ts'
import type { Tally } from './orders.ts'
import { restarts } from './restarts.ts'
import { rolling } from './rolling.ts'
import { zombies } from './zombies.ts'

// The short form of what `npm run test:long` proves: the product as it is started, several processes of it, and what
// arrived counted in the sandboxes. Whatever the times, the counts must be right.

const LONG = { timeout: 900_000 }

function expectEverythingOnce({ contacts, invoices, mails, unexplained }: Tally): void {
  expect({ contacts, invoices, mails: { twice: mails.twice, hidden: mails.hidden }, unexplained }).toEqual({
    contacts: { missing: 0, twice: 0 },
    invoices: { missing: 0, twice: 0 },
    mails: { twice: 0, hidden: 0 },
    unexplained: [],
  })
}

test('twelve workers killed at random lose nothing and send nothing twice', LONG, async () => {
  const database = await testDatabase()
  const found = await kills({
    databaseUrl: database.url,
    ...{ workers: 3, orders: 500, most: 20, kills: 12, pause: [200, 700], leaseSeconds: 1, seed: 7 },
  })
  expect({ kills: found.kills, acknowledged: found.acknowledged }).toEqual({ kills: 12, acknowledged: 501 })
  expectEverythingOnce(found.tally)
  await database.drop()
})

test('three workers that stood still for three leases write nothing when they wake', LONG, async () => {
  const database = await testDatabase()
  const found = await zombies({ databaseUrl: database.url, cycles: 3, orders: 100, most: 25, leaseSeconds: 1 })
  expect(found.accepted).toBe(0)
  // Locks that a worker holds while it stands still must not keep its runs from the others.
  expect(found.takenOver).toBeGreaterThanOrEqual(2)
  // Else nothing would have been written in any case.
  expect(found.atWork).toBeGreaterThanOrEqual(1)
  expectEverythingOnce(found.tally)
  await database.drop()
})

test(
  'processes that are replaced one by one under load fail no run, refuse nothing and leave no doubt',
  LONG,
  async () => {
    const database = await testDatabase()
    const found = await rolling({ databaseUrl: database.url, restarts: 5, perSecond: 10 })
    expect(found).toMatchObject({ exits: [0, 0, 0, 0, 0], refused: [], unanswered: 0, failedRuns: 0 })
    expect(found.stopMs.at(-1)).toBeLessThan(30_000)
    expect(found.acknowledged).toBeGreaterThan(50)
    expectEverythingOnce(found.tally)
    expect(found.tally).toMatchObject({ mails: { missing: 0 }, unknown: 0 })
    await database.drop()
  },
)

test(
  'a database that is stopped at once, three times, loses no acknowledged event and ends no process',
  LONG,
  async () => {
    const found = await restarts({ restarts: 3, pauseMs: 1_000, perSecond: 30 })
    expect(found).toMatchObject({ restarts: 3, processesGone: 0 })
    expect(found.acknowledged).toBeGreaterThan(100)
    // However long the database takes on a busy machine, the product is back with it.
    expect(Math.max(...found.lateMs)).toBeLessThanOrEqual(5_000)
    expectEverythingOnce(found.tally)
  },
)

test(
  'a synchronous standby that takes over under load, twice, loses no acknowledged event and ends no process',
  LONG,
  async () => {
    const found = await failover({ promotions: 2, pauseMs: 1_000, perSecond: 20 })
    expect(found).toMatchObject({ promotions: 2, processesGone: 0, failedRuns: 0 })
    expect(found.acknowledged).toBeGreaterThan(30)
    expectEverythingOnce(found.tally)
  },
)

test(
  'a clock of the database that jumps forward and back under load loses nothing, doubles nothing, and misses no due time',
  LONG,
  async () => {
    const database = await emptyDatabase()
    const found = await clockJumps({
      databaseUrl: database.url,
      jumps: [600, -600, 600],
      pauseMs: 3_000,
      perSecond: 10,
    })
    expect(found).toMatchObject({ refused: 0, processesGone: 0, failedRuns: 0 })
    expect(Math.min(...found.takenAfter)).toBeGreaterThan(0)
    // Nor does what was taken wait until the clock is where it was.
    expect(Math.max(...found.bookedMs)).toBeLessThan(LONGEST_MS)
    expect(found.schedule).toMatchObject({ twice: 0, missing: 0 })
    expect(found.schedule.fired).toBeGreaterThanOrEqual(9)
    expectEverythingOnce(found.tally)
    await database.drop()
  },
)

test(
  'a disk of the database that is full refuses events by name, loses none, and runs go on by themselves',
  LONG,
  async ({ skip }) => {
    const disk = smallDisk(220)
    if (!disk) return skip('nobody here may mount a file system of its own')
    try {
      const found = await fullDisk(disk.path, 3_000)
      expect(found.refused).toBeGreaterThan(100)
      expect(found.answers).toContainEqual(expect.stringMatching(/^503 .*The disk of the database is full/))
      const [before, , after] = found.acknowledged
      expect(before).toBeGreaterThanOrEqual(300)
      expect(found.early).toEqual([expect.stringMatching(/^503 .*nearly full/)])
      expect(after).toBeGreaterThan(0)
      expect({ gone: found.processesGone, failed: found.failedRuns }).toEqual({ gone: 0, failed: 0 })
      const { invited, revealed, ...log } = found.privileged
      expect(log).toEqual({ unlogged: 0, untrue: 0, broken: [] })
      for (const { tried, done } of [invited, revealed]) {
        expect(done).toBeGreaterThan(0)
        expect(tried).toBeGreaterThan(done)
      }
      expectEverythingOnce(found.tally)
    } finally {
      disk.remove()
    }
  },
)

test(
  'with every fifth answer lost after the remote did it, nothing is doubled and every doubt is listed',
  LONG,
  async () => {
    const database = await testDatabase()
    const { acknowledged, lost, tally } = await lostAnswers({ databaseUrl: database.url, orders: 400, most: 10 })
    expect(acknowledged).toBe(400)
    expect(lost).toBeGreaterThan(10)
    expect(tally.unknown).toBeGreaterThan(0)
    expectEverythingOnce(tally)
    await database.drop()
  },
)
