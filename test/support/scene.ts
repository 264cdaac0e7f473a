import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Operation } from '../../connectors/kit/connector.ts'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { type BigCommerceSandbox, startBigCommerceSandbox } from '../../connectors/bigcommerce/sandbox/server.ts'
import type { StoreOptions } from '../../connectors/bigcommerce/sandbox/store.ts'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { createEvaluator, type Evaluator } from '../../server/evaluate/pool.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import type { Worker } from '../../server/worker/worker.ts'
import { type Failure, startWorkerProcess, type WorkerProcess } from './worker-order.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

export type SceneOptions = {
  readonly contacts?: number
  readonly invoices?: number
  readonly creditNotes?: number
  /** Deposits and the like; none by themselves. */
  readonly money?: { readonly prepayments?: number; readonly overpayments?: number }
  readonly latencyMs?: number
  readonly leaseSeconds?: number
  readonly withoutWorker?: boolean
  /** Other systems that connections may lead to, by their addresses. */
  readonly others?: readonly string[]
  /** Instead of those of the connectors, by id. */
  readonly operations?: { readonly [id: string]: Operation }
  /** A shop beside the two; none by itself. */
  readonly shop?: StoreOptions
  /** As agreed with Emarsys. */
  readonly salesColumns?: readonly string[]
}

/** Both sandboxes with few records, and a workspace that is connected to them. */
export type Scene = {
  readonly xero: XeroSandbox
  readonly emarsys: EmarsysSandbox
  readonly shop?: BigCommerceSandbox
  readonly workspace: Workspace
}

export type Stage = {
  readonly database: TestDatabase
  readonly evaluator: Evaluator
  /** New sandboxes and a new workspace, closed after the test. */
  open(options?: SceneOptions): Promise<Scene>
  /** A worker in a process of its own, ended after the test. */
  process(
    scene: Pick<Scene, 'xero' | 'emarsys' | 'shop'>,
    leaseSeconds?: number,
    failure?: Failure,
  ): Promise<WorkerProcess>
  /** A worker in this process, for a scene that has none. Whoever asks stops it. */
  worker(scene: Scene, leaseSeconds?: number): Worker
  /** A workspace more on sandboxes that are open, closed after the test. */
  join(scene: Pick<Scene, 'xero' | 'emarsys' | 'shop'>, options?: Omit<SceneOptions, 'shop'>): Promise<Workspace>
}

/** Call at the top of a test file: one database and one evaluator for all of its tests. */
export function setStage(): Stage {
  let database: TestDatabase
  let evaluator: Evaluator
  const open: (() => Promise<void>)[] = []
  beforeAll(async () => {
    database = await testDatabase()
    evaluator = createEvaluator()
  })
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })
  afterAll(async () => {
    await evaluator?.close()
    await database?.drop()
  })

  const join: Stage['join'] = async (scene, options = {}) => {
    const workspace = await openWorkspace({ database, evaluator, ...options, ...scene })
    open.push(() => workspace.stop())
    return workspace
  }
  return {
    get database() {
      return database
    },
    get evaluator() {
      return evaluator
    },
    join,
    worker: ({ workspace }, leaseSeconds = 15) => workspace.startWorker({ name: 'test', leaseSeconds, concurrency: 2 }),
    async process(scene, leaseSeconds, failure) {
      const worker = await startWorkerProcess(database, scene, leaseSeconds, failure)
      open.push(() => worker.kill())
      return worker
    },
    async open(options = {}) {
      const { contacts = 30, invoices = 60, creditNotes = 6, latencyMs = 0 } = options
      const xero = await startXeroSandbox({
        contacts,
        invoices,
        creditNotes,
        latencyMs,
        limits: 'off',
        money: options.money ?? {},
      })
      open.push(() => xero.close())
      const emarsys = await startEmarsysSandbox({
        limits: 'off',
        latencyMs,
        ...(options.salesColumns ? { salesColumns: options.salesColumns } : {}),
      })
      open.push(() => emarsys.close())
      const { shop: store, ...more } = options
      if (!store) return { xero, emarsys, workspace: await join({ xero, emarsys }, more) }
      const shop = await startBigCommerceSandbox({ quota: 'off', ...store })
      open.push(() => shop.close())
      return { xero, emarsys, shop, workspace: await join({ xero, emarsys, shop }, more) }
    },
  }
}
