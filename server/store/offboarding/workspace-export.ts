import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { exportedDoubts } from '../effect/unknown-effects.ts'

/**
 * What an export of a workspace has, and nothing else: no secrets, no tokens, no records. Columns are named one by one, so
 * that a new one stays out until somebody has thought of it.
 */
const PARTS: { readonly [table: string]: string } = {
  workspaces: 'id, name, created_at, trace_class',
  connections: 'id, connector, name, login, settings, pinned, state, tested_at, created_at, updated_at',
  flows: 'id, name, draft, draft_revision, draft_at, live_version, enabled, switched_at, created_at, archived_at',
  flow_versions: 'flow_id, number, document, layout, hash, author, summary, created_at',
  flow_bindings: 'flow_id, slot, connection_id',
  flow_templates: 'flow_id, template, version',
  flow_answers: 'flow_id, revision, answers, author, at',
  schedules: 'flow_id, node_id, settings, next_due, note',
  policies: 'version, rule, reason, author, at',
  lanes: 'lane, max_running',
  alert_rules:
    'id, name, kind, settings, flow_id, recipients, escalate_minutes, escalate_to, quiet, digest_minutes, zone, enabled, changed_at',
  cursors: 'flow_id, node_id, connection_id, cursor, updated_at',
  reports: 'id, flow_id, words, from_at, to_at, run_ids, created_at, answer, answered_at, closed_at',
  exceptions:
    'id, flow_id, version, run_id, node_id, code, desk, amount, currency, state, created_at, resolved_at, resolution, occurrences, last_at',
  period_sign_offs: 'id, flow_id, period, run_id, totals, set_aside, note, signed_at',
  erasures: 'id, reason, records, exceptions, events, runs, at',
}

/** Effects in doubt: no table, and what somebody has to settle in the other systems when all else is gone. */
const DOUBTS = 'effects_in_doubt'

export const EXPORTED = [...Object.keys(PARTS), DOUBTS]

const PAGE = 1_000

/** Rows of one table as JSON objects, a page at a time. */
export async function exportPage(
  tx: Transaction<Database>,
  workspace: string,
  table: string,
  offset: number,
): Promise<readonly unknown[]> {
  if (table === DOUBTS) {
    const { rows } = await sql<{ row: unknown }>`
      select to_jsonb(t) as row from (
        ${exportedDoubts(workspace)} order by call_id, position limit ${PAGE} offset ${offset}
      ) t
    `.execute(tx)
    return rows.map(({ row }) => row)
  }
  const columns = PARTS[table]
  if (columns === undefined) throw new Error(`${table} is not part of an export.`)
  const own = table === 'workspaces' ? 'id' : 'workspace_id'
  const { rows } = await sql<{ row: unknown }>`
    select to_jsonb(t) as row from (
      select ${sql.raw(columns)} from ${sql.table(table)} where ${sql.ref(own)} = ${workspace}
      order by ${sql.raw(columns.split(',').slice(0, 3).join(','))} limit ${PAGE} offset ${offset}
    ) t
  `.execute(tx)
  return rows.map(({ row }) => row)
}

export const isLastPage = (rows: readonly unknown[]): boolean => rows.length < PAGE
