import { sql, type Transaction } from 'kysely'
import { zstdDecompressSync } from 'node:zlib'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { retryRefusal, type RetryRefusal } from '../../flow/document/retry.ts'
import { queueRun } from '../run/runs.ts'
import type { Database, Desk, ExceptionState } from '../database/schema.ts'
import { type Keyring, open } from '../key/secrets.ts'

type Tx = Transaction<Database>

/** Some by id, or all open ones that fit. */
export type Selection =
  | { readonly ids: readonly string[] }
  | {
      readonly filter: {
        readonly flow?: string | undefined
        readonly run?: string | undefined
        readonly desk?: Desk | undefined
        readonly code?: string | undefined
        readonly node?: string | undefined
        readonly fault?: string | undefined
        readonly assigned?: 'nobody' | undefined
      }
    }

/** Why an exception is not tried again. */
export type Left =
  | 'EXCEPTION_CLOSED'
  | 'EXCEPTION_RETRYING'
  | 'EXCEPTION_HELD'
  | 'UNKNOWN_FIRST'
  | 'FLOW_ARCHIVED'
  | RetryRefusal

export type Retry = {
  readonly workspace: string
  /** The person who asks; without one it happens by itself. */
  readonly by?: string | undefined
  readonly select: Selection
  /** Of the flow: the live one, or the one that ran. Default: the live one. */
  readonly version?: 'same' | 'live' | undefined
  /** Only counts. */
  readonly dry?: boolean | undefined
  /** Also those of runs that were not quiet. */
  readonly quiet?: boolean | undefined
  /** Also those that wait for something that the caller has just settled: an outcome, an exception of their key. */
  readonly cleared?: boolean | undefined
}

export type Retried = {
  readonly retried: number
  readonly left: { readonly [code: string]: number }
  readonly runs: readonly { readonly run: string | null; readonly flow: string; readonly exceptions: number }[]
}

type Chosen = {
  readonly id: string
  readonly flow_id: string
  readonly version: number
  readonly node_id: string
  readonly code: string
  readonly state: ExceptionState
  /** What it is held behind is not closed yet. */
  readonly waits: unknown
  /** The run that met it last was a quiet one. */
  readonly quiet: boolean | null
}

/**
 * Queues the records of exceptions again, each at the node where it failed: one run per flow and version, in the order
 * in which the exceptions came. Those of a quiet run go on quietly: what it leaves out stays left out. Those that cannot be
 * tried again are counted in `left` by the code that says why.
 */
export async function retryExceptions(tx: Tx, retry: Retry): Promise<Retried> {
  const { workspace } = retry
  const left: { [code: string]: number } = {}
  const plans = new Map<string, { flow: string; version: number; trigger: string; quiet: boolean; ids: string[] }>()
  const versions = new Versions(tx, workspace)
  for (const one of await choose(tx, workspace, retry.select)) {
    const place = notNow(one, retry.cleared === true) ?? (await versions.place(one, retry.version ?? 'live'))
    if (typeof place === 'string') {
      left[place] = (left[place] ?? 0) + 1
      continue
    }
    const quiet = retry.quiet === true || one.quiet === true
    const name = `${one.flow_id} ${place.version} ${quiet}`
    const plan = plans.get(name) ?? { flow: one.flow_id, ...place, quiet, ids: [] }
    plan.ids.push(one.id)
    plans.set(name, plan)
  }
  const runs: { run: string | null; flow: string; exceptions: number }[] = []
  for (const { flow, version, trigger, quiet, ids } of plans.values()) {
    const run = retry.dry
      ? null
      : await queueRun(tx, {
          workspace,
          flow,
          version,
          cause: 'retry',
          node: trigger,
          start: { kind: 'exceptions' },
          quiet,
          ...(retry.by === undefined ? {} : { by: retry.by }),
        })
    if (run !== null) {
      await sql`
        update exceptions set state = 'retrying', retry_run = ${run}, retried_by = ${retry.by ?? null}
        where workspace_id = ${workspace} and id = any(${ids}::uuid[])
      `.execute(tx)
    }
    runs.push({ run, flow, exceptions: ids.length })
  }
  return { retried: runs.reduce((sum, { exceptions }) => sum + exceptions, 0), left, runs }
}

/** Locked, oldest first: whoever asks at the same time waits, and then finds them taken. */
export async function choose(tx: Tx, workspace: string, select: Selection): Promise<readonly Chosen[]> {
  const base = tx
    .selectFrom('exceptions')
    .select((eb) => [
      'id',
      'flow_id',
      'version',
      'node_id',
      'code',
      'state',
      eb
        .exists(
          eb
            .selectFrom('exceptions as first')
            .select('first.id')
            .where('first.workspace_id', '=', workspace)
            .whereRef('first.id', '=', 'exceptions.held_behind')
            .where('first.state', 'in', ['open', 'retrying']),
        )
        .as('waits'),
      eb
        .selectFrom('runs')
        .select('runs.quiet')
        .where('runs.workspace_id', '=', workspace)
        .whereRef('runs.id', '=', 'exceptions.run_id')
        .as('quiet'),
    ])
    .where('workspace_id', '=', workspace)
    .orderBy('id')
    .forUpdate('exceptions')
  if ('ids' in select) return base.where('id', 'in', [...select.ids, NOBODY]).execute()
  const { flow, run, desk, code, node, fault, assigned } = select.filter
  return base
    .where('state', '=', 'open')
    .where((eb) =>
      eb.and([
        ...(flow ? [eb('flow_id', '=', flow)] : []),
        ...(run ? [eb('run_id', '=', run)] : []),
        ...(desk ? [eb('desk', '=', desk)] : []),
        ...(code ? [eb('code', '=', code)] : []),
        ...(node ? [eb('node_id', '=', node)] : []),
        ...(fault ? [eb('fault', '=', fault)] : []),
        ...(assigned ? [eb('assigned_to', 'is', null)] : []),
      ]),
    )
    .execute()
}

/** “in ()” is no SQL; no exception has this id. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

function notNow({ state, code, waits }: Chosen, cleared: boolean): Left | undefined {
  if (state === 'retrying') return 'EXCEPTION_RETRYING'
  if (state !== 'open') return 'EXCEPTION_CLOSED'
  if (cleared) return undefined
  if (code === 'OUTCOME_UNKNOWN') return 'UNKNOWN_FIRST'
  return waits ? 'EXCEPTION_HELD' : undefined
}

/** Documents of the versions that are asked for, each read once. */
class Versions {
  readonly #tx: Tx
  readonly #workspace: string
  readonly #live = new Map<string, Promise<{ live: number | null; archived: boolean }>>()
  readonly #documents = new Map<string, Promise<Flow>>()

  constructor(tx: Tx, workspace: string) {
    this.#tx = tx
    this.#workspace = workspace
  }

  async place(
    one: Chosen,
    wanted: 'same' | 'live',
  ): Promise<{ readonly version: number; readonly trigger: string } | Left> {
    const { live, archived } = await this.#flow(one.flow_id)
    if (archived) return 'FLOW_ARCHIVED'
    const version = wanted === 'live' ? (live ?? one.version) : one.version
    const document = await this.#document(one.flow_id, version)
    return retryRefusal(document, one.node_id) ?? { version, trigger: triggerOf(document) }
  }

  #flow(flow: string) {
    let known = this.#live.get(flow)
    if (!known) {
      known = this.#tx
        .selectFrom('flows')
        .select(['live_version', 'archived_at'])
        .where('workspace_id', '=', this.#workspace)
        .where('id', '=', flow)
        .executeTakeFirstOrThrow()
        .then((row) => ({ live: row.live_version, archived: row.archived_at !== null }))
      this.#live.set(flow, known)
    }
    return known
  }

  #document(flow: string, version: number): Promise<Flow> {
    const name = `${flow} ${version}`
    let known = this.#documents.get(name)
    if (!known) {
      known = this.#tx
        .selectFrom('flow_versions')
        .select('document')
        .where('workspace_id', '=', this.#workspace)
        .where('flow_id', '=', flow)
        .where('number', '=', version)
        .executeTakeFirstOrThrow()
        // A published version was validated as a flow.
        .then((row) => row.document as Flow)
      this.#documents.set(name, known)
    }
    return known
  }
}

/** Every run names a trigger; a retry begins elsewhere, so any will do. */
const triggerOf = ({ nodes, edges }: Flow): string =>
  (nodes.find(({ id }) => !edges.some(({ to }) => to === id)) ?? nodes[0])?.id ?? ''

export type RetriedRecord = { readonly exception: string; readonly node: string; readonly record: DataRecord }

/**
 * The next exceptions that a retry run has not tried yet, oldest first. Each batch that settles resolves or reopens
 * its own, so there is no cursor: ask again after each, until there are none. One that was held behind its key comes
 * only when those of its key before it have settled.
 */
export async function nextRetried(
  tx: Tx,
  keys: Keyring,
  workspace: string,
  run: string,
  limit: number,
): Promise<readonly RetriedRecord[]> {
  const rows = await sql<{ id: string; node_id: string; record: Buffer; edit_id: string | null; edit: Buffer | null }>`
    select e.id, e.node_id, e.record, e.edit_id, d.record as edit
    from exceptions e
    left join exception_edits d on d.workspace_id = e.workspace_id and d.exception_id = e.id and d.id = e.edit_id
    where e.workspace_id = ${workspace} and e.retry_run = ${run} and e.state = 'retrying'
      and (e.held_behind is null or not exists (
        select 1 from exceptions before
        where before.workspace_id = e.workspace_id and before.retry_run = e.retry_run and before.state = 'retrying'
          and before.node_id = e.node_id and before.match_key = e.match_key and before.id < e.id
      ))
    order by e.id limit ${limit}
  `.execute(tx)
  return rows.rows.map(({ id, node_id, record, edit_id, edit }) => ({
    exception: id,
    node: node_id,
    record:
      edit === null || edit_id === null
        ? openRecord(keys, exceptionPlace(workspace, id), record)
        : openRecord(keys, editPlace(workspace, id, edit_id), edit),
  }))
}

export const exceptionPlace = (workspace: string, id: string): string => `exceptions/${workspace}/${id}`
export const editPlace = (workspace: string, id: string, edit: string): string =>
  `exception_edits/${workspace}/${id}/${edit}`

/** A record comes from one page of a read; this is far beyond any. */
const MAX_RECORD_BYTES = 64_000_000

export function openRecord(keys: Keyring, place: string, sealed: Buffer): DataRecord {
  const text = zstdDecompressSync(open(keys, place, sealed), { maxOutputLength: MAX_RECORD_BYTES }).toString()
  const record: unknown = JSON.parse(text)
  return typeof record === 'object' && record !== null && !Array.isArray(record) ? { ...record } : { value: record }
}
