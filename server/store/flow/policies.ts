import { sql, type Transaction } from 'kysely'
import { type ConfirmedRule, USUAL_RULE } from '../../flow/document/policy.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type PolicyRow = {
  /** Counts from 1; 0 is the rule that holds until somebody makes another. */
  readonly version: number
  readonly rule: ConfirmedRule
  readonly reason: string
  readonly author: string | null
  readonly at: Date | null
}

const USUAL: PolicyRow = { version: 0, rule: USUAL_RULE, reason: 'Tieline’s default.', author: null, at: null }

/** When an order counts in this workspace now. */
export async function currentPolicy(tx: Tx, workspace: string): Promise<PolicyRow> {
  const [newest] = await policyRows(tx, workspace, 1)
  return newest ?? USUAL
}

/** All versions, newest first, down to the one that holds where nobody has decided. */
export async function listPolicies(tx: Tx, workspace: string): Promise<PolicyRow[]> {
  return [...(await policyRows(tx, workspace, 200)), USUAL]
}

const policyRows = (tx: Tx, workspace: string, limit: number): Promise<PolicyRow[]> =>
  tx
    .selectFrom('policies')
    .select(['version', 'rule', 'reason', 'author', 'at'])
    .where('workspace_id', '=', workspace)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()

/** Adds a version after the named one. False: somebody was first. */
export async function insertPolicy(
  tx: Tx,
  given: {
    readonly workspace: string
    readonly after: number
    readonly rule: ConfirmedRule
    readonly reason: string
    readonly author: { readonly id: string; readonly name: string }
  },
): Promise<boolean> {
  const result = await sql`
    insert into policies (workspace_id, version, rule, reason, author_id, author)
    select ${given.workspace}::uuid, ${given.after}::int + 1, ${JSON.stringify(given.rule)}::jsonb, ${given.reason},
      ${given.author.id}::uuid, ${given.author.name}
    where ${given.after}::int = (select coalesce(max(version), 0) from policies where workspace_id = ${given.workspace})
    on conflict do nothing
  `.execute(tx)
  return result.numAffectedRows === 1n
}
