import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { startXeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { createEvaluator, type Evaluator } from '../../server/evaluate/pool.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { CUSTOMER_ID, flowOf, node } from '../support/flows.ts'
import { openWorkspace } from '../support/workspace.ts'

let database: TestDatabase
let evaluator: Evaluator
beforeAll(async () => {
  database = await testDatabase()
  evaluator = createEvaluator({ children: 1 })
})
afterAll(async () => {
  await evaluator.close()
  await database.drop()
})

/** The sandbox's minute; a wait of more than half of it puts a run down, as in the product. */
const MINUTE_MS = 1_500
const PER_MINUTE = 3
const CONTACTS = 200
/** A page, then 200 contacts in calls of 50 each, twice: more than two minutes allow. */
const CALLS = 1 + 4 + 4

/** Each contact is looked up twice before anything of its batch settles. */
const LOOKING_UP = flowOf(
  [
    node('contacts', 'xero.list-contacts', { pageSize: CONTACTS }),
    node('first', 'xero.get-contacts', { key: 'ContactID', as: 'first' }),
    node('second', 'xero.get-contacts', { key: 'ContactID', as: 'second' }),
    node('send', 'emarsys.upsert-contacts', { keyField: CUSTOMER_ID, record: `{ '${CUSTOMER_ID}': ContactID }` }),
  ],
  ['start contacts', 'contacts first', 'first second', 'second send'],
)

test('a batch that needs more calls than a minute allows comes to its end at once, and none is made twice', async () => {
  const xero = await startXeroSandbox({
    ...{ contacts: CONTACTS, invoices: 0, creditNotes: 0, minuteMs: MINUTE_MS },
    limits: { perMinute: PER_MINUTE },
  })
  const emarsys = await startEmarsysSandbox({ limits: 'off' })
  const waits = { minuteMs: MINUTE_MS, longestWaitMs: MINUTE_MS / 2 }
  const workspace = await openWorkspace({ database, evaluator, xero, emarsys, waits })
  try {
    const narrow = await workspace.connect(
      'xero',
      'custom-connection',
      { identityUrl: xero.url, loginUrl: xero.url, apiUrl: xero.url, callsPerMinute: PER_MINUTE },
      { clientId: xero.clientId, clientSecret: xero.clientSecret },
    )
    const run = await workspace.queue(
      await workspace.flow(LOOKING_UP, { xero: narrow, emarsys: workspace.emarsys }),
      LOOKING_UP,
    )
    expect(await workspace.ended(run)).toMatchObject({ state: 'succeeded', epoch: 1 })
    expect(emarsys.contacts.size).toBe(CONTACTS)
    expect(xero.status().admitted).toBeLessThanOrEqual(CALLS + 2)
    expect(Object.values(xero.status().breaches as object).every((count) => count === 0)).toBe(true)
  } finally {
    await workspace.stop()
    await emarsys.close()
    await xero.close()
  }
})
