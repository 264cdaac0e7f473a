import { afterAll, beforeAll, expect, test } from 'vitest'
import { approvalJourneys } from './approvals.ts'
import { auditorJourneys } from './auditor.ts'
import { clientJourneys } from './client.ts'
import { deskJourneys } from './desks.ts'
import { hostileRemotes } from './hostile.ts'
import { operatorJourneys } from './operator.ts'
import { ARCHIVED, ORDERS } from './orders.ts'
import { ownerJourneys } from './owner.ts'
import { openPlace, type Place, runOf } from './place.ts'
import { runPageJourneys } from './run-page.ts'
import { waysInJourneys } from './ways-in.ts'

// What each of the people who share a workspace comes for, on the product itself with both systems. They build on each
// other: at last the owner shuts the password out.

let place: Place
let orders: string

beforeAll(async () => {
  place = await openPlace({ contacts: 24, invoices: 16, creditNotes: 1 })
  place.fleet.xero.archiveAccount(ARCHIVED)
  orders = await place.fleet.flow(ORDERS)
  expect(await runOf(place.fleet, orders)).toMatchObject({ state: 'partly' })
})
afterAll(async () => {
  await place?.close()
})

operatorJourneys(
  () => place,
  () => orders,
)
runPageJourneys(
  () => place,
  () => orders,
)
deskJourneys(() => place)
clientJourneys(() => place)
hostileRemotes(() => place)
auditorJourneys(
  () => place,
  () => orders,
)
approvalJourneys(() => place)
waysInJourneys(() => place)
ownerJourneys(() => place)

test('no page had anything to complain about', () => {
  expect(place.faults).toEqual([])
})
