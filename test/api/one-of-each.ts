import { type Kysely, sql } from 'kysely'
import type { Database } from '../../server/store/database/schema.ts'
import { newId } from '../../server/store/database/ids.ts'
import type { Caller } from './installation.ts'

/** Where the ids of a parameter come from; a parameter that is not listed fails the test of foreign ids. */
export const TABLES: { readonly [parameter: string]: readonly [table: string, column: string] | 'none' } = {
  flow: ['flows', 'id'],
  connection: ['connections', 'id'],
  run: ['runs', 'id'],
  token: ['api_tokens', 'id'],
  user: ['members', 'user_id'],
  invitation: ['invitations', 'id'],
  approval: ['approvals', 'id'],
  notice: ['notices', 'id'],
  exception: ['exceptions', 'id'],
  file: ['files', 'id'],
  suppression: ['suppressions', 'id'],
  backfill: ['backfills', 'id'],
  call: ['calls', 'id'],
  hook: ['hooks', 'id'],
  event: ['inbox', 'id'],
  report: ['reports', 'id'],
  rule: ['alert_rules', 'id'],
  alert: ['alerts', 'id'],
  sample: ['samples', 'id'],
  client: ['flows', 'id'],
  // Numbers and names within one of the above, and what belongs to the product.
  ...Object.fromEntries(
    ['number', 'session', 'position', 'node', 'lane', 'source', 'template', 'step', 'batch'].map((name) => [
      name,
      'none',
    ]),
  ),
  fault: 'none',
  period: 'none',
}

/** Puts one row into each table that ids of routes come from, beside what a published flow that has run brings along. */
export async function oneOfEach(
  db: Kysely<Database>,
  owner: Caller,
  at: { readonly workspace: string; readonly flow: string; readonly connection: string },
): Promise<void> {
  const { workspace, flow, connection } = at
  const path = `/workspaces/${workspace}`
  const rule = { name: 'Failures', watch: { kind: 'failure' }, recipients: [], zone: 'UTC' }
  const made = [
    await owner.call('POST', `${path}/files?name=a.csv`, 'a,b\n1,2\n', { 'content-type': 'text/csv' }),
    await owner.call('POST', `${path}/suppressions`, {
      value: 'jane@example.com',
      reason: 'Asked for it',
    }),
    await owner.call('POST', `${path}/alert-rules`, rule),
    await owner.call('POST', `${path}/flows/${flow}/reports`, { words: 'Something looks wrong', hours: 24 }),
    await owner.call('PUT', `${path}/flows/${flow}/samples/shape`, { inputs: { in: [{ InvoiceNumber: 'INV-1' }] } }),
  ]
  const refused = made.filter(({ statusCode }) => statusCode >= 300).map(({ body }) => body)
  if (refused.length > 0) throw new Error(refused.join('\n'))
  const run = (await sql<{ id: string }>`select id from runs where workspace_id = ${workspace}`.execute(db)).rows[0]!.id
  const [hook, call] = [newId(), newId()]
  const statements = [
    sql`insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, desk, record)
      values (${workspace}, ${newId()}, ${flow}, 1, ${run}, 0, 'shape', 0, 'RECORD_REFUSED', 'm', 'finance', '')`,
    sql`insert into notices (workspace_id, id, flow_id, node_id, node_name, key, severity, desk, message, run_id, occurrences)
      values (${workspace}, ${newId()}, ${flow}, 'shape', 'Shape', 'k', 'info', 'finance', 'm', ${run}, 1)`,
    sql`insert into alerts (workspace_id, id, rule_id, cause, severity, sentence, detail)
      select ${workspace}, ${newId()}, id, 'c', 'warning', 's', 'd' from alert_rules where workspace_id = ${workspace}`,
    sql`insert into targets (workspace_id, connection_id, operation) values (${workspace}, ${connection}, 'xero.pay')`,
    sql`insert into calls (workspace_id, id, target_id, run_id, epoch, batch, node_id, state, items)
      select ${workspace}, ${call}, id, ${run}, 1, 0, 'shape', 'unknown', 1 from targets where workspace_id = ${workspace}`,
    sql`insert into effects (workspace_id, target_id, document, part, kind, hash, call_id, position, state)
      select ${workspace}, id, 'd', '', 's', 'x', ${call}, 1, 'unknown' from targets where workspace_id = ${workspace}`,
    sql`insert into hooks (workspace_id, id, flow_id, node_id, node_name, operation, kind, settings, most, seconds)
      values (${workspace}, ${hook}, ${flow}, 'told', 'Told', 'hook', 'signed', '{}', 1, 0)`,
    sql`insert into inbox (workspace_id, hook_id, id, key, key_hash, bytes)
      values (${workspace}, ${hook}, ${newId()}, 'order-1', 'x', 1)`,
    sql`insert into backfills (workspace_id, id, flow_id, version, from_day, to_day, quiet, reads)
      values (${workspace}, ${newId()}, ${flow}, 1, '2026-10-01', '2026-10-02', false, '[]')`,
  ]
  for (const statement of statements) await statement.execute(db)
}
