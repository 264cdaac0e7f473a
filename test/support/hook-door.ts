import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { connectors } from '../../connectors/index.ts'
import { setHooks } from '../../server/api/hook/hook-triggers.ts'
import { buildApp } from '../../server/app.ts'
import { buildCatalog } from '../../server/catalog.ts'
import type { Connections } from '../../server/connect/connections.ts'
import type { Evaluator } from '../../server/evaluate/pool.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { listHooks, setSecret } from '../../server/store/hook/hooks.ts'
import type { Keyring } from '../../server/store/key/secrets.ts'
import type { TestDatabase } from './database.ts'
import type { Workspace } from './workspace.ts'
import { TRACE_DAYS } from './trace-days.ts'

export const XERO_KEY = 'sandbox-webhook-key-1'
/** What the secret headers of BigCommerce's hooks are derived from. */
export const SHOP_KEY = 'a-key-that-headers-are-derived-from'
/** Of hooks that tests open. */
export const TOKEN = 'a-token-that-only-the-sender-knows'

/** Where events come in. */
export type Door = { readonly url: string; close(): Promise<void> }

/** The product's HTTP side on a database, listening. */
export async function openDoor(
  database: TestDatabase,
  keys: Keyring,
  connections: Connections,
  evaluator: Pick<Evaluator, 'parse' | 'preview'>,
): Promise<Door> {
  const api = await buildApp({
    config: {
      publicUrl: undefined,
      sessionHours: 12,
      traceDays: TRACE_DAYS,
      logLevel: 'silent',
      xeroWebhookKey: XERO_KEY,
      bigcommerceWebhookKey: SHOP_KEY,
    },
    app: database.app.db,
    system: database.system.db,
    keys,
    evaluator,
    catalog: buildCatalog(),
    connectors,
    connections,
  })
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  return { url, close: () => api.close() }
}

export type DoorOrder = { readonly appUrl: string; readonly systemUrl: string; readonly secretKey: string }

/** The same in a process of its own, which can be killed. */
export async function startDoorProcess(database: TestDatabase): Promise<Door> {
  const order: DoorOrder = {
    appUrl: database.appUrl,
    systemUrl: database.systemUrl,
    secretKey: database.secretKey.toString('hex'),
  }
  const program = fileURLToPath(new URL('hook-door-process.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout!).once('line', resolve) // it was asked for a pipe
    void exited.then(() => reject(new Error('the door ended before it was open')))
  })
  return {
    url,
    close: () => {
      child.kill('SIGKILL')
      return exited
    },
  }
}

/** Makes the hooks of a flow that stands at version 1, switches it on, and answers their paths by node. */
export async function openHooksOf(
  database: TestDatabase,
  workspace: Workspace,
  flow: string,
  document: Flow,
): Promise<{ readonly [node: string]: string }> {
  const rows = await inWorkspace(database.app.db, workspace.id, async (tx) => {
    await setHooks({ catalog: buildCatalog() }, tx, workspace.id, flow, document)
    const hooks = await listHooks(tx, workspace.id, flow)
    for (const { id, kind } of hooks) {
      if (kind !== 'xero') await setSecret(tx, workspace.keys, { workspace: workspace.id, hook: id }, TOKEN, 0)
    }
    await sql`update flows set enabled = true where id = ${flow}`.execute(tx)
    return hooks
  })
  return Object.fromEntries(rows.map((row) => [row.node_id, `/hooks/${row.address ?? row.kind}`]))
}
