import { type Expression, type SqlBool, sql } from 'kysely'
import { leastId } from '../database/ids.ts'
import type { RunCause, RunState } from '../database/schema.ts'

/** What a run must be, all of it. */
export type RunFilter = {
  readonly flow?: string | undefined
  readonly version?: number | undefined
  /** One of these. */
  readonly states?: readonly RunState[] | undefined
  readonly cause?: RunCause | undefined
  readonly backfill?: string | undefined
  readonly dry?: boolean | undefined
  readonly from?: Date | undefined
  /** Before it. */
  readonly to?: Date | undefined
  readonly minSeconds?: number | undefined
  readonly maxSeconds?: number | undefined
  readonly code?: string | undefined
  /** Failed for the same reason. */
  readonly fault?: string | undefined
  /** For one of these. */
  readonly faults?: readonly string[] | undefined
  readonly by?: string | undefined
  /** One of these. */
  readonly runs?: readonly string[] | undefined
}

/** Clocks of the processes that make ids and of the database differ by less. */
const APART_MS = 60_000

/**
 * Of runs called `r`. Times stand in ids, so that a stretch of days is a stretch of the primary key; the row's own time
 * decides at its ends.
 */
export function conditionsOf(filter: RunFilter): Expression<SqlBool>[] {
  const { from, to, minSeconds, maxSeconds } = filter
  return [
    ...(filter.flow ? [sql<SqlBool>`r.flow_id = ${filter.flow}`] : []),
    ...(filter.version === undefined ? [] : [sql<SqlBool>`r.version = ${filter.version}`]),
    // One is asked for as one: its index is in the order of the list.
    ...(filter.states?.length === 1
      ? [sql<SqlBool>`r.state = ${filter.states[0]}`]
      : filter.states
        ? [sql<SqlBool>`r.state = any(${[...filter.states]}::text[])`]
        : []),
    ...(filter.cause ? [sql<SqlBool>`r.cause = ${filter.cause}`] : []),
    ...(filter.backfill ? [sql<SqlBool>`r.backfill_id = ${filter.backfill}`] : []),
    ...(filter.dry === undefined ? [] : [filter.dry ? sql<SqlBool>`r.dry` : sql<SqlBool>`not r.dry`]),
    ...(filter.code ? [sql<SqlBool>`r.code = ${filter.code}`] : []),
    ...(filter.fault ? [sql<SqlBool>`r.fault = ${filter.fault}`] : []),
    ...(filter.faults ? [sql<SqlBool>`r.fault = any(${[...filter.faults]}::text[])`] : []),
    ...(filter.by ? [sql<SqlBool>`r.requested_by = ${filter.by}`] : []),
    ...(filter.runs ? [sql<SqlBool>`r.id = any(${[...filter.runs]}::uuid[])`] : []),
    ...(from
      ? [sql<SqlBool>`r.created_at >= ${from} and r.id >= ${leastId(new Date(from.getTime() - APART_MS))}`]
      : []),
    ...(to ? [sql<SqlBool>`r.created_at < ${to} and r.id < ${leastId(new Date(to.getTime() + APART_MS))}`] : []),
    // What goes on is little, and has an index of its own.
    ...(minSeconds === undefined
      ? []
      : [
          sql<SqlBool>`(
            r.took_ms >= ${minSeconds * 1000}
            or (r.state in ('running', 'waiting', 'paused') and now() - r.started_at >= make_interval(secs => ${minSeconds}))
          )`,
        ]),
    ...(maxSeconds === undefined
      ? []
      : [
          sql<SqlBool>`(
            r.took_ms < ${maxSeconds * 1000}
            or (r.state in ('running', 'waiting', 'paused') and now() - r.started_at < make_interval(secs => ${maxSeconds}))
          )`,
        ]),
  ]
}
