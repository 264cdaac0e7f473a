import { type Kysely, sql, type Transaction } from 'kysely'
import { formOf } from '../flow/answers.ts'
import type { Flow } from '../flow/flow.ts'
import { type Answers, settledAnswers } from '../flow/form.ts'
import { asksPolicy, type ConfirmedRule } from '../flow/policy.ts'
import type { RunClaim } from '../run/journal.ts'
import type { RunSaid } from './answer-tables.ts'
import { findAnswers } from './answers.ts'
import { inWorkspace } from './database.ts'
import { currentPolicy } from './policies.ts'
import type { Database } from './schema.ts'

export type Runnable = {
  readonly document: Flow
  readonly bindings: ReadonlyMap<string, string>
  /** What the run goes by, the same for all its claims. Absent: the flow asks for nothing. */
  readonly answers?: Answers
  readonly confirmed?: ConfirmedRule
}

/** The version a run carries out, the connections bound to its slots, and what the workspace says of the flow. */
export async function runnable(db: Kysely<Database>, claim: RunClaim): Promise<Runnable> {
  return inWorkspace(db, claim.workspace, async (tx) => {
    const version = await tx
      .selectFrom('flow_versions')
      .select('document')
      .where('workspace_id', '=', claim.workspace)
      .where('flow_id', '=', claim.flow)
      .where('number', '=', claim.version)
      .executeTakeFirstOrThrow()
    const bindings = await tx
      .selectFrom('flow_bindings')
      .select(['slot', 'connection_id'])
      .where('workspace_id', '=', claim.workspace)
      .where('flow_id', '=', claim.flow)
      .execute()
    const document = version.document as Flow // checked when it was published
    const said = formOf(document).length > 0 || asksPolicy(document) ? await saidFor(tx, claim, document) : undefined
    return {
      document,
      bindings: new Map(bindings.map((row) => [row.slot, row.connection_id])),
      ...(said?.answers ? { answers: said.answers } : {}),
      ...(said?.policy ? { confirmed: said.policy.rule } : {}),
    }
  })
}

/** The first claim of a run writes down what it goes by; later ones go by the same. */
async function saidFor(tx: Transaction<Database>, claim: RunClaim, document: Flow): Promise<RunSaid> {
  const row = await tx
    .selectFrom('runs')
    .select('said')
    .where('workspace_id', '=', claim.workspace)
    .where('id', '=', claim.run)
    .executeTakeFirst()
  if (row?.said) return row.said
  const form = formOf(document)
  const given = form.length > 0 ? await findAnswers(tx, claim.workspace, claim.flow) : undefined
  const policy = asksPolicy(document) ? await currentPolicy(tx, claim.workspace) : undefined
  const said: RunSaid = {
    ...(form.length > 0 ? { revision: given?.revision ?? 0, answers: settledAnswers(form, given?.answers ?? {}) } : {}),
    ...(policy ? { policy: { version: policy.version, rule: policy.rule } } : {}),
  }
  await sql`
    update runs set said = ${JSON.stringify(said)}::jsonb
    where workspace_id = ${claim.workspace} and id = ${claim.run} and epoch = ${claim.epoch}
  `.execute(tx)
  return said
}
