import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { Kysely, Transaction } from 'kysely'
import type { Connector } from '../../../connectors/kit/connector.ts'
import type { Config } from '../../config.ts'
import type { Connections } from '../../connect/connections.ts'
import type { Evaluator } from '../../evaluate/pool.ts'
import type { SingleSignOn } from '../../proof/single-sign-on.ts'
import type { Catalog } from '../../flow/catalog/catalog.ts'
import { inWorkspace, type Pool } from '../../store/database/database.ts'
import type { ErasureRecord } from '../../store/erasure/erasure-record.ts'
import type { Database } from '../../store/database/schema.ts'
import type { Reach } from '../../store/database/stretch.ts'
import { withStatementLimit } from '../../store/database/statement-limit.ts'
import type { Keyring } from '../../store/key/secrets.ts'
import { type Asking, auditChange } from './audit.ts'

/** What the API is made of; `main` and the tests put it together. */
export type AppParts = {
  readonly config: Pick<Config, 'publicUrl' | 'sessionHours' | 'logLevel' | 'traceDays'> &
    Partial<
      Pick<
        Config,
        | 'closingDays'
        | 'metricsToken'
        | 'xeroWebhookKey'
        | 'bigcommerceWebhookKey'
        | 'hooksPerSecond'
        | 'trustedProxies'
        | 'peopleDomains'
      >
    >
  /** The login that sees one workspace at a time. */
  readonly app: Kysely<Database>
  /** The login for signing in, across workspaces. */
  readonly system: Kysely<Database>
  /** The connections to the database that this process keeps, by what they are for. */
  readonly pools?:
    | { readonly [name: string]: Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount' | 'options'> }
    | undefined
  readonly keys: Keyring
  readonly evaluator: Pick<Evaluator, 'parse' | 'preview'>
  readonly catalog: Catalog
  readonly connectors: readonly Connector[]
  readonly connections: Connections
  /** The place where people sign in once for many programs, if the installation has one. */
  readonly sso?: SingleSignOn | undefined
  /** Where a test is in a hurry; default: STATEMENT_SECONDS. */
  readonly statementSeconds?: { readonly reading: number; readonly changing: number } | undefined
  /** Where a test has few rows; default: of server/api/view/error-text.ts. */
  readonly searchReach?: Reach | undefined
  /** Writes down outside the database whom somebody has erased. */
  readonly erasures?: Pick<ErasureRecord, 'keep'> | undefined
  /** Sends the product’s own e-mail, where a server for it is set up. */
  readonly mail?:
    | { send(letter: { readonly to: string; readonly subject: string; readonly text: string }): Promise<void> }
    | undefined
  /** Where the links of that e-mail lead; default: PUBLIC_URL. */
  readonly mailLinks?: string | undefined
  /** Whether a newer version has changed the database: requests should go to that one. */
  readonly outdated?: () => boolean
  /** Whether the disk of the database is nearly full, where this process can see it. */
  readonly diskTight?: (() => boolean) | undefined
  /** Folder of the built web app. Without it, only the API is served. */
  readonly webRoot?: string | undefined
}

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/**
 * How long one statement of a request may take, in seconds: a search that would hold up everybody is given up (`TOO_SLOW`),
 * and only for whoever asked. What changes something may wait longer for others who change the same. Routes that are long by
 * design say so themselves. It holds for all that a request asks, inside a workspace or above them all; workers and
 * housekeeping have limits of their own.
 */
const STATEMENT_SECONDS = { reading: 5, changing: 30 } as const

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of one statement, where it is more than usual. */
    statementSeconds?: number
  }
}

function statementMs(
  parts: Pick<AppParts, 'statementSeconds'>,
  { method, routeOptions }: Pick<FastifyRequest, 'method' | 'routeOptions'>,
): number {
  const { reading, changing } = parts.statementSeconds ?? STATEMENT_SECONDS
  const usual = method === 'GET' || method === 'HEAD' ? reading : changing
  return (routeOptions.config.statementSeconds ?? usual) * 1000
}

/** Whatever a request asks of the database has the limit of its route. Before all hooks that ask anything. */
export function limitStatements(api: Api, parts: Pick<AppParts, 'statementSeconds'>): void {
  const limit = (request: FastifyRequest, _reply: unknown, done: () => void) =>
    withStatementLimit(statementMs(parts, request), done)
  api.addHook('onRequest', limit)
  // Once more: a body comes out of its socket, which belongs to no request.
  api.addHook('preValidation', limit)
}

/**
 * Work inside the workspace of the path, whose membership was checked before the handler. What changes something leaves
 * an entry in the audit log, in the same transaction.
 */
export function inTenant<T>(
  parts: AppParts,
  request: { readonly params: { readonly workspace: string } },
  work: (tx: Transaction<Database>, workspace: string) => Promise<T>,
): Promise<T> {
  const { workspace } = request.params
  // Handlers hand on the request they were given, some as less than it is.
  const asking = request as typeof request & Asking
  const inOne = async (tx: Transaction<Database>) => {
    const result = await work(tx, workspace)
    await auditChange(tx, workspace, asking)
    return result
  }
  // An answer that flows asks while its reader takes it, on the reader's turn.
  return withStatementLimit(statementMs(parts, asking), () => inWorkspace(parts.app, workspace, inOne))
}

/** A page of `limit` rows, of which one more was asked for to see whether there is another. */
export function pageOf<R, T>(rows: readonly R[], limit: number, view: (row: R) => T, place: (row: R) => string) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(view), next: rows.length > limit && last !== undefined ? place(last) : null }
}
