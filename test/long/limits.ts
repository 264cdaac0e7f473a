import { setTimeout as sleep } from 'node:timers/promises'
import { startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { startXeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { createEvaluator } from '../../server/evaluate/pool.ts'
import { testDatabase } from '../support/database.ts'
import { contactsFlow } from '../support/flows.ts'
import { startWorkerProcess } from '../support/worker-order.ts'
import { openWorkspace } from '../support/workspace.ts'

export const title = 'limits kept and used by four flows in three processes'

const MINUTES = 30
const FLOWS = 4
const PROCESSES = 3
const PAGE = 4
/** The sandboxes' minute and the product's idea of it: ten of them in a real one. */
const SPANS = { minuteMs: 6_000 }
const PER_MINUTE = 60
/** The day is not shorter, and is not what this is about. */
const PER_DAY = 10_000_000

/** Four flows read one organisation as fast as they may, and write what they read. */
export async function run(minutes = MINUTES): Promise<{ figure: string; ok: boolean }> {
  // So many records that no flow comes to its end.
  const contacts = Math.ceil((minutes * 60_000 * PER_MINUTE * PAGE * 1.3) / SPANS.minuteMs / FLOWS)
  const xero = await startXeroSandbox({ contacts, latencyMs: 20, limits: { perDay: PER_DAY }, ...SPANS })
  const emarsys = await startEmarsysSandbox({ latencyMs: 20, ...SPANS })
  const database = await testDatabase()
  const evaluator = createEvaluator({ children: 1 })
  const workspace = await openWorkspace({ database, evaluator, xero, emarsys, withoutWorker: true })
  const bindings = {
    xero: await workspace.connect(
      'xero',
      'custom-connection',
      { identityUrl: xero.url, loginUrl: xero.url, apiUrl: xero.url, callsPerDay: PER_DAY },
      { clientId: xero.clientId, clientSecret: xero.clientSecret },
    ),
    emarsys: await workspace.connect(
      'emarsys',
      'oauth-client',
      { apiUrl: emarsys.url, tokenUrl: `${emarsys.url}/oauth2/token`, salesUrl: emarsys.url },
      { clientId: emarsys.clientId, clientSecret: emarsys.clientSecret },
    ),
  }
  for (let one = 0; one < FLOWS; one++) {
    const flow = contactsFlow(PAGE)
    await workspace.queue(await workspace.flow(flow, bindings), flow)
  }
  const workers = []
  for (let one = 0; one < PROCESSES; one++) {
    workers.push(await startWorkerProcess(database, { xero, emarsys }, 15, undefined, SPANS))
  }
  const calls = () => Number(xero.status().admitted)
  try {
    while (calls() < PER_MINUTE) await sleep(50)
    const before = calls()
    const began = performance.now()
    await sleep(minutes * 60_000)
    const share = (calls() - before) / ((PER_MINUTE * (performance.now() - began)) / SPANS.minuteMs)
    const refused = Object.values(xero.status().breaches as { [limit: string]: number })
    const state = (await (await fetch(`${emarsys.url}/control/state`)).json()) as { breaches: number }
    const breaches = refused.reduce((sum, one) => sum + one, state.breaches)
    return {
      figure: `${calls() - before} calls to Xero in ${minutes} min: ${breaches} breaches, ${(share * 100).toFixed(1)} % of the allowance used`,
      ok: breaches === 0 && share >= 0.9,
    }
  } finally {
    for (const worker of workers) await worker.stop()
    await workspace.stop()
    await evaluator.close()
    await xero.close()
    await emarsys.close()
    await database.drop()
  }
}
