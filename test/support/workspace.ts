import { randomBytes, randomUUID } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { connectors } from '../../connectors/index.ts'
import type { BigCommerceSandbox } from '../../connectors/bigcommerce/sandbox/server.ts'
import type { EmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { SCOPES } from '../../connectors/xero/client/connection.ts'
import type { Operation } from '../../connectors/kit/connector.ts'
import type { XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { buildCatalog } from '../../server/catalog.ts'
import type { Connections } from '../../server/connect/connections.ts'
import { createConnections } from '../../server/connect/service.ts'
import type { Evaluator } from '../../server/evaluate/pool.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { createKeyring, type Keyring, seal } from '../../server/store/key/secrets.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { startWorker, type Worker } from '../../server/worker/worker.ts'
import type { TestDatabase } from './database.ts'

/** A workspace with connections to both sandboxes and a worker, below the API: for tests of how runs behave. */
export type Workspace = {
  readonly id: string
  readonly xero: string
  readonly emarsys: string
  readonly worker: Worker
  /** One more, or the first of a workspace without. Whoever asks stops it. */
  startWorker(options: { name: string; leaseSeconds: number; concurrency: number }): Worker
  readonly connections: Connections
  readonly keys: Keyring
  /** Makes one more connection. */
  connect(connector: string, login: string, settings: object, secrets: object): Promise<string>
  /** Stores a flow as version 1 with its slots bound. Answers its id. */
  flow(document: Flow, bindings?: { readonly [slot: string]: string }): Promise<string>
  /** Queues a run of a flow's version 1 from its first trigger and waits until it has ended or waits. */
  run(flow: string, document: Flow): Promise<EndedRun>
  queue(flow: string, document: Flow): Promise<string>
  ended(run: string): Promise<EndedRun>
  /** Ends the wait of a run that was put down, and waits until it has ended or waits again. */
  wakeUp(run: string): Promise<EndedRun>
  paused(flow: string): Promise<{ readonly paused_code: string | null; readonly paused_message: string | null }>
  steps(run: string): Promise<readonly StepShown[]>
  /** The records of a payload, over all batches and chunks. */
  payload(run: string, node: string, kind: string): Promise<readonly { readonly [field: string]: unknown }[]>
  /** The effect ledger, each row with the state that follows from its call. */
  effects(): Promise<readonly { readonly document: string; readonly part: string; readonly state: string }[]>
  /** As if the tokens of a connection had run out. */
  forgetTokens(connection: string): Promise<void>
  exceptions(): Promise<
    readonly {
      id: string
      code: string
      message: string
      node_id: string
      business_key: string | null
      effect_document: string | null
      amount: string | null
      desk: string
    }[]
  >
  stop(): Promise<void>
}

/** The default ones, and those for writing. */
export const WRITE_SCOPES = [...SCOPES, 'accounting.invoices', 'accounting.payments', 'accounting.manualjournals']

const LONG_AGO = new Date(0)

export type StepShown = {
  readonly node_id: string
  readonly operation: string
  readonly batch: number
  readonly attempts: number
  readonly counts: { readonly [name: string]: number }
}

export type EndedRun = {
  readonly id: string
  readonly state: string
  readonly code: string | null
  readonly reason: string | null
  readonly counts: { readonly [name: string]: number }
  readonly wake_at: Date | null
  readonly attempts: number
  readonly epoch: number
}

export async function openWorkspace(options: {
  readonly database: TestDatabase
  readonly evaluator: Evaluator
  readonly xero: Pick<XeroSandbox, 'url' | 'clientId' | 'clientSecret'>
  readonly emarsys: Pick<EmarsysSandbox, 'url' | 'clientId' | 'clientSecret' | 'merchantId' | 'salesToken'>
  readonly shop?: Pick<BigCommerceSandbox, 'url' | 'storeHash' | 'accessToken'> | undefined
  readonly concurrency?: number
  readonly leaseSeconds?: number
  readonly withoutWorker?: boolean
  /** Other systems that connections may lead to, by their addresses. */
  readonly others?: readonly string[]
  /** Instead of those of the connectors, by id. */
  readonly operations?: { readonly [id: string]: Operation }
  /** How long the sandboxes' minutes are, and which waits put a run down. */
  readonly waits?: { readonly minuteMs: number; readonly longestWaitMs: number }
}): Promise<Workspace> {
  const { database, evaluator } = options
  const keys = createKeyring(database.secretKey.length === 32 ? database.secretKey : randomBytes(32))
  const id = randomUUID()
  const user = randomUUID()
  await database.owner.db.insertInto('workspaces').values({ id, name: 'Test' }).execute()
  await database.owner.db
    .insertInto('users')
    .values({ id: user, email: `${user}@example.test`, name: 'Tess', password_hash: 'none', disabled_at: null })
    .execute()

  const connect = async (connector: string, login: string, settings: object, secrets: object) => {
    const connection = randomUUID()
    await inWorkspace(database.app.db, id, (tx) =>
      tx
        .insertInto('connections')
        .values({
          workspace_id: id,
          id: connection,
          connector,
          name: connector,
          login,
          settings: JSON.stringify(settings),
          secrets: seal(keys, `connections/${id}/${connection}/secrets`, JSON.stringify(secrets)),
          tokens: null,
          tokens_expire_at: null,
          token_claim_until: null,
          state_message: null,
          findings: null,
          tested_at: null,
        } as never) // columns with defaults are left out
        .execute(),
    )
    return connection
  }
  const xero = await connect(
    'xero',
    'custom-connection',
    {
      identityUrl: options.xero.url,
      loginUrl: options.xero.url,
      apiUrl: options.xero.url,
      scopes: WRITE_SCOPES,
      callsPerMinute: 1_000_000,
      callsPerDay: 10_000_000,
    },
    { clientId: options.xero.clientId, clientSecret: options.xero.clientSecret },
  )
  const emarsys = await connect(
    'emarsys',
    'oauth-client',
    {
      apiUrl: options.emarsys.url,
      tokenUrl: `${options.emarsys.url}/oauth2/token`,
      salesUrl: options.emarsys.url,
      merchantId: options.emarsys.merchantId,
      externalIdField: '9001',
      callsPerMinute: 1_000_000,
    },
    {
      clientId: options.emarsys.clientId,
      clientSecret: options.emarsys.clientSecret,
      salesToken: options.emarsys.salesToken,
    },
  )

  const shop = options.shop
    ? await connect(
        'bigcommerce',
        'token',
        { apiUrl: options.shop.url, storeHash: options.shop.storeHash, callsPerMinute: 1_000_000 },
        { accessToken: options.shop.accessToken },
      )
    : undefined
  const bound: { readonly [connector: string]: string | undefined } = { xero, bigcommerce: shop }

  const connections = createConnections({
    db: database.app.db,
    keys,
    connectors,
    egressAllow: [
      ...[options.xero, options.emarsys, ...(options.shop ? [options.shop] : [])].map(({ url }) => url),
      ...(options.others ?? []),
    ].map((url) => new URL(url).host),
    ...(options.waits
      ? { spans: { minuteMs: options.waits.minuteMs }, longestWaitMs: options.waits.longestWaitMs }
      : {}),
  })
  const operations = new Map(
    connectors.flatMap((connector) => connector.operations.map((one) => [`${connector.name}.${one.name}`, one])),
  )
  for (const [name, operation] of Object.entries(options.operations ?? {})) operations.set(name, operation)
  const failures: unknown[] = []
  const startOne = (more: { name: string; leaseSeconds: number; concurrency: number }) =>
    startWorker({
      app: database.app.db,
      system: database.system.db,
      jobs: database.system.pool,
      keys,
      evaluator,
      connections,
      catalog: buildCatalog(),
      operation: (name) => operations.get(name)!,
      log: {
        info: () => undefined,
        warn: () => undefined,
        error: (fields, message) => failures.push([message, fields]),
      },
      ...more,
    })
  const worker = options.withoutWorker
    ? { wake: () => undefined, running: () => 0, stop: async () => undefined }
    : startOne({ name: 'test', concurrency: options.concurrency ?? 2, leaseSeconds: options.leaseSeconds ?? 15 })

  const queue = async (flow: string, document: Flow) => {
    const trigger = document.nodes.find((node) => node.operation === 'manual' || node.operation === 'schedule')!
    const run = await inWorkspace(database.app.db, id, (tx) =>
      queueRun(tx, { workspace: id, flow, version: 1, cause: 'manual', node: trigger.id, by: user }),
    )
    worker.wake()
    return run
  }
  const ended = async (run: string): Promise<EndedRun> => {
    for (;;) {
      const row = await database.system.db
        .selectFrom('runs')
        .select(['id', 'state', 'code', 'reason', 'counts', 'wake_at', 'attempts', 'epoch'])
        .where('workspace_id', '=', id)
        .where('id', '=', run)
        .executeTakeFirstOrThrow()
      if (row.code === 'UNEXPECTED') throw new Error(`run ended by a bug: ${describe(failures)}`)
      const due = row.state === 'waiting' && row.wake_at?.getTime() === LONG_AGO.getTime()
      if (!due && !['queued', 'running'].includes(row.state)) return row
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  return {
    id,
    xero,
    emarsys,
    worker,
    startWorker: startOne,
    connections,
    keys,
    connect,
    queue,
    ended,
    wakeUp: async (run) => {
      await database.system.db
        .updateTable('runs')
        .set({ wake_at: LONG_AGO })
        .where('workspace_id', '=', id)
        .where('id', '=', run)
        .where('state', '=', 'waiting')
        .execute()
      worker.wake()
      return ended(run)
    },
    paused: async (flow) =>
      database.system.db
        .selectFrom('flows')
        .select(['paused_code', 'paused_message'])
        .where('workspace_id', '=', id)
        .where('id', '=', flow)
        .executeTakeFirstOrThrow(),
    flow: async (document, bindings = {}) => {
      const flow = randomUUID()
      await inWorkspace(database.app.db, id, async (tx) => {
        await tx
          .insertInto('flows')
          .values({
            workspace_id: id,
            id: flow,
            name: document.name,
            draft: JSON.stringify(document),
            draft_by: user,
            live_version: 1,
            switched_at: null,
            switched_by: null,
            paused_code: null,
            paused_message: null,
            archived_at: null,
          })
          .execute()
        await tx
          .insertInto('flow_versions')
          .values({
            workspace_id: id,
            flow_id: flow,
            number: 1,
            document: JSON.stringify(document),
            layout: null,
            hash: 'none',
            author_id: user,
            author: 'Tess',
            summary: 'First',
          })
          .execute()
        for (const [slot, { connector }] of Object.entries(document.slots)) {
          const connection = bindings[slot] ?? bound[connector] ?? emarsys
          await tx
            .insertInto('flow_bindings')
            .values({ workspace_id: id, flow_id: flow, slot, connection_id: connection })
            .execute()
        }
      })
      return flow
    },
    run: async (flow, document) => ended(await queue(flow, document)),
    steps: async (run) =>
      inWorkspace(database.app.db, id, (tx) =>
        tx
          .selectFrom('steps')
          .select(['node_id', 'operation', 'batch', 'attempts', 'counts'])
          .where('workspace_id', '=', id)
          .where('run_id', '=', run)
          .orderBy('batch')
          .orderBy('position')
          .execute(),
      ),
    payload: async (run, node, kind) =>
      inWorkspace(database.app.db, id, async (tx) => {
        const rows = await tx
          .selectFrom('payloads')
          .select('content')
          .where('workspace_id', '=', id)
          .where('run_id', '=', run)
          .where('node_id', '=', node)
          .where('kind', '=', kind)
          .orderBy('batch')
          .orderBy('chunk')
          .execute()
        // Payloads are lists of records.
        return rows.flatMap(
          (row) => JSON.parse(zstdDecompressSync(row.content).toString()) as Record<string, unknown>[],
        )
      }),
    effects: async () =>
      inWorkspace(database.app.db, id, async (tx) => {
        const rows = await sql<{ document: string; part: string; state: string }>`
          select e.document, e.part, coalesce(e.state, c.state) as state
          from effects e join calls c on c.workspace_id = e.workspace_id and c.id = e.call_id
          order by e.document, e.part
        `.execute(tx)
        return rows.rows
      }),
    forgetTokens: async (connection) => {
      await inWorkspace(database.app.db, id, (tx) =>
        tx
          .updateTable('connections')
          .set({ tokens: null, tokens_expire_at: null })
          .where('workspace_id', '=', id)
          .where('id', '=', connection)
          .execute(),
      )
    },
    exceptions: async () =>
      inWorkspace(database.app.db, id, (tx) =>
        tx
          .selectFrom('exceptions')
          .select(['id', 'code', 'message', 'node_id', 'business_key', 'effect_document', 'amount', 'desk'])
          .where('workspace_id', '=', id)
          .orderBy('id')
          .execute(),
      ),
    stop: async () => {
      await worker.stop()
      await connections.close()
    },
  }
}

function describe(failures: readonly unknown[]): string {
  return failures
    .map((failure) => {
      const [message, fields] = failure as [string, { err?: Error }]
      return `${message}: ${fields.err?.stack ?? JSON.stringify(fields)}`
    })
    .join('\n')
}
