import { sql, type Transaction } from 'kysely'
import type { Answers } from '../../flow/document/form.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type AnswersRow = {
  /** Counts from 1; 0 where nobody has answered yet. */
  readonly revision: number
  readonly answers: Answers
  readonly author: string
  readonly at: Date
}

/** What was answered last; undefined where nobody has. */
export async function findAnswers(tx: Tx, workspace: string, flow: string): Promise<AnswersRow | undefined> {
  const [newest] = await listAnswers(tx, workspace, flow, 1)
  return newest
}

/** Newest first. */
export async function listAnswers(tx: Tx, workspace: string, flow: string, limit: number): Promise<AnswersRow[]> {
  return tx
    .selectFrom('flow_answers')
    .select(['revision', 'answers', 'author', 'at'])
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .orderBy('revision', 'desc')
    .limit(limit)
    .execute()
}

/** Adds a revision after the named one. False: somebody was first. */
export async function insertAnswers(
  tx: Tx,
  given: {
    readonly workspace: string
    readonly flow: string
    readonly after: number
    readonly answers: Answers
    readonly author: { readonly id: string; readonly name: string }
  },
): Promise<boolean> {
  const result = await sql`
    insert into flow_answers (workspace_id, flow_id, revision, answers, author_id, author)
    select ${given.workspace}::uuid, ${given.flow}::uuid, ${given.after}::int + 1, ${JSON.stringify(given.answers)}::jsonb,
      ${given.author.id}::uuid, ${given.author.name}
    where ${given.after}::int = (
      select coalesce(max(revision), 0) from flow_answers where workspace_id = ${given.workspace} and flow_id = ${given.flow}
    )
    on conflict do nothing
  `.execute(tx)
  return result.numAffectedRows === 1n
}
