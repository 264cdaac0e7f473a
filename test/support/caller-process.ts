import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectors } from '../../connectors/index.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { createConnections } from '../../server/connect/service.ts'
import { stopOnSignal } from '../../server/stop-on-signal.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { createKeyring } from '../../server/store/key/secrets.ts'
import type { CallerOrder } from './caller-order.ts'

// Calls as often as its connections let it: node caller-process.ts <order as JSON>. Says “ready”, calls until SIGTERM,
// then says how many answers of each status it got. On demand: each caller once per line of its input, told after each.
const order = JSON.parse(process.argv[2] ?? '') as CallerOrder // written by caller-order.ts
const app = openDatabase({
  url: order.appUrl,
  max: 6,
  ...(order.name === undefined ? {} : { applicationName: order.name }),
})
const connections = createConnections({
  db: app.db,
  keys: createKeyring(Buffer.from(order.secretKey, 'hex')),
  connectors,
  egressAllow: order.egressAllow,
  spans: order.spans,
})
const stop = new AbortController()
const statuses: { [status: string]: number } = {}

type Caller = () => Promise<number>

/** One caller with a login of its own, as a run has it that nobody shares. */
async function openCaller(workspace: string, id: string, url: string): Promise<Caller> {
  const open = await connections.open(workspace, id)
  const { http, connection } = open.context(stop.signal)
  const headers = {
    accept: 'application/json',
    ...(typeof connection.tenantId === 'string' ? { 'xero-tenant-id': connection.tenantId } : {}),
  }
  return async () => (await http.send({ method: 'GET', url, headers })).status
}

const count = (outcome: string | number) => {
  statuses[outcome] = (statuses[outcome] ?? 0) + 1
}

async function callOn(opening: Promise<Caller>): Promise<void> {
  const call = await opening
  while (!stop.signal.aborted) {
    try {
      count(await call())
    } catch (error) {
      if (stop.signal.aborted) return
      if (!(error instanceof StepError) || error.code !== 'RATE_LIMITED') throw error
      await sleep(error.retryAfterMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
}

/** Each caller once; errors count as outcomes. Says what this one round came to. */
async function callTogether(callers: readonly Caller[]): Promise<void> {
  for (const outcome of Object.keys(statuses)) delete statuses[outcome]
  await Promise.all(
    callers.map((call) =>
      call().then(count, (error: unknown) => {
        if (!(error instanceof StepError)) throw error
        count(error.code)
      }),
    ),
  )
  console.log(JSON.stringify(statuses))
}

const opening = order.calls.flatMap(({ workspace, connection, url, callers }) =>
  Array.from({ length: callers }, () => openCaller(workspace, connection, url)),
)
const calling = order.onDemand ? [] : opening.map(callOn)
stopOnSignal(async () => {
  stop.abort(new Error('stopped'))
  await Promise.all(calling)
  await connections.close()
  await app.close()
  console.log(JSON.stringify(statuses))
})
if (order.onDemand) {
  const callers = await Promise.all(opening)
  createInterface(process.stdin).on('line', () => void callTogether(callers))
}
console.log('ready')
