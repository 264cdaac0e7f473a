import { type Kysely, sql, type Transaction } from 'kysely'
import { formOf } from '../../flow/document/answers.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { type Answers, settledAnswers } from '../../flow/document/form.ts'
import { asksPolicy, type ConfirmedRule } from '../../flow/document/policy.ts'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { RunSaid } from '../database/answer-tables.ts'
import { findAnswers } from '../flow/answers.ts'
import { inWorkspace } from '../database/database.ts'
import { currentPolicy } from '../flow/policies.ts'
import type { Database } from '../database/schema.ts'

/** What a run goes by, the same for all its claims. Empty where its flow asks for nothing. */
export async function saidOf(
  db: Kysely<Database>,
  claim: RunClaim,
  document: Flow,
): Promise<{ readonly answers?: Answers; readonly confirmed?: ConfirmedRule }> {
  if (formOf(document).length === 0 && !asksPolicy(document)) return {}
  const said = await inWorkspace(db, claim.workspace, (tx) => saidFor(tx, claim, document))
  return {
    ...(said.answers ? { answers: said.answers } : {}),
    ...(said.policy ? { confirmed: said.policy.rule } : {}),
  }
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
