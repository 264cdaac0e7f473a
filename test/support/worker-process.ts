import { writeSync } from 'node:fs'
import { connectors } from '../../connectors/index.ts'
import { buildCatalog } from '../../server/catalog.ts'
import { createConnections } from '../../server/connect/service.ts'
import { createEvaluator } from '../../server/evaluate/pool.ts'
import { stopOnSignal } from '../../server/stop-on-signal.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { armFailpoints } from '../../server/run/call/failpoint.ts'
import { createKeyring } from '../../server/store/key/secrets.ts'
import { startWorker } from '../../server/worker/worker.ts'
import type { Failure, WorkerOrder } from './worker-order.ts'

// A worker of its own, wired as the product wires it: node worker-process.ts <order as JSON>. Says “ready”; SIGTERM
// stops it, SIGKILL is what the tests are about.
const order = JSON.parse(process.argv[2] ?? '') as WorkerOrder // written by worker-order.ts
const open = (url: string) => openDatabase({ url, max: 6, applicationName: order.application })
const app = open(order.appUrl)
const system = open(order.systemUrl)
const keys = createKeyring(Buffer.from(order.secretKey, 'hex'))
const evaluator = createEvaluator({ children: 1 })
const connections = createConnections({
  db: app.db,
  keys,
  connectors,
  egressAllow: order.egressAllow,
  ...(order.spans ? { spans: order.spans } : {}),
})
const operations = new Map(
  connectors.flatMap((connector) => connector.operations.map((one) => [`${connector.name}.${one.name}`, one])),
)
const worker = startWorker({
  app: app.db,
  system: system.db,
  jobs: system.pool,
  keys,
  evaluator,
  connections,
  catalog: buildCatalog(),
  operation: (id) => operations.get(id)!,
  name: order.name,
  concurrency: 2,
  leaseSeconds: order.leaseSeconds,
  log: { info() {}, warn() {}, error: (fields, message) => console.error(message, fields) },
})
stopOnSignal(async () => {
  await worker.stop()
  await Promise.all([connections.close(), evaluator.close()])
  await Promise.all([app.close(), system.close()])
})
if (order.failure) failAt(order.failure)
console.log('ready')

function failAt({ point, hit, how }: Failure): void {
  let hits = 0
  armFailpoints((name) => {
    if (name !== point || ++hits !== hit) return
    if (how === 'kill') process.kill(process.pid, 'SIGKILL')
    else writeSync(1, 'frozen\n')
    // The whole process: its timers and its heartbeats too.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.leaseSeconds * 3_000)
  })
}
