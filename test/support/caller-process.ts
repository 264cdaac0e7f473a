import { setTimeout as sleep } from 'node:timers/promises'
import { connectors } from '../../connectors/index.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { createConnections } from '../../server/connect/service.ts'
import { stopOnSignal } from '../../server/stop-on-signal.ts'
import { openDatabase } from '../../server/store/database.ts'
import { createKeyring } from '../../server/store/secrets.ts'
import type { CallerOrder } from './caller-order.ts'

// Calls as often as its connections let it: node caller-process.ts <order as JSON>. Says “ready”, calls until SIGTERM,
// then says how many answers of each status it got.
const order = JSON.parse(process.argv[2] ?? '') as CallerOrder // written by caller-order.ts
const app = openDatabase({ url: order.appUrl, max: 6 })
const connections = createConnections({
  db: app.db,
  keys: createKeyring(Buffer.from(order.secretKey, 'hex')),
  connectors,
  egressAllow: order.egressAllow,
  spans: order.spans,
})
const stop = new AbortController()
const statuses: { [status: string]: number } = {}

async function callOn(workspace: string, id: string, url: string): Promise<void> {
  const open = await connections.open(workspace, id)
  const { http, connection } = open.context(stop.signal)
  const headers = {
    accept: 'application/json',
    ...(typeof connection.tenantId === 'string' ? { 'xero-tenant-id': connection.tenantId } : {}),
  }
  while (!stop.signal.aborted) {
    try {
      const { status } = await http.send({ method: 'GET', url, headers })
      statuses[status] = (statuses[status] ?? 0) + 1
    } catch (error) {
      if (stop.signal.aborted) return
      if (!(error instanceof StepError) || error.code !== 'RATE_LIMITED') throw error
      await sleep(error.retryAfterMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
}

const callers = order.calls.flatMap(({ workspace, connection, url, callers }) =>
  Array.from({ length: callers }, () => callOn(workspace, connection, url)),
)
stopOnSignal(async () => {
  stop.abort(new Error('stopped'))
  await Promise.all(callers)
  await connections.close()
  await app.close()
  console.log(JSON.stringify(statuses))
})
console.log('ready')
