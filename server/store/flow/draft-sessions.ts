import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** A pause this long, a publication or a name ends a session. */
const PAUSE = '10 minutes'
/** Sessions without a name that are kept of a flow. */
const KEPT = 100

export type DraftSessionRow = {
  readonly number: number
  readonly author: string
  readonly began_at: Date
  readonly ended_at: Date
  readonly first_revision: number
  readonly last_revision: number
  readonly name: string | null
}

/** Writes a saved draft into the author's session, or begins a new one. In the transaction that saves the draft. */
export async function noteSaved(
  tx: Tx,
  saved: {
    readonly workspace: string
    readonly flow: string
    readonly document: string
    readonly revision: number
    readonly by: string
  },
): Promise<void> {
  const { workspace, flow, document, revision, by } = saved
  const gone = await sql<{ number: number }>`
    update draft_sessions s set ended_at = now(), last_revision = ${revision}, document = ${document}::jsonb
    where s.workspace_id = ${workspace} and s.flow_id = ${flow} and s.author_id = ${by} and s.name is null
      and s.number = (select max(number) from draft_sessions where workspace_id = ${workspace} and flow_id = ${flow})
      and s.ended_at > now() - ${PAUSE}::interval
      and s.began_at > coalesce(
        (select max(created_at) from flow_versions
          where workspace_id = ${workspace} and flow_id = ${flow} and number > 0), '-infinity')
    returning s.number
  `.execute(tx)
  if (gone.rows.length > 0) return
  await sql`
    insert into draft_sessions (workspace_id, flow_id, number, author_id, author, first_revision, last_revision, document)
    select ${workspace}::uuid, ${flow}::uuid,
      coalesce((select max(number) from draft_sessions where workspace_id = ${workspace} and flow_id = ${flow}), 0) + 1,
      u.id, u.name, ${revision}::int, ${revision}::int, ${document}::jsonb
    from users u where u.id = ${by}
  `.execute(tx)
  await sql`
    delete from draft_sessions where workspace_id = ${workspace} and flow_id = ${flow} and name is null
      and number <= (select max(number) from draft_sessions where workspace_id = ${workspace} and flow_id = ${flow}) - ${KEPT}
  `.execute(tx)
}

export async function listSessions(tx: Tx, workspace: string, flow: string): Promise<DraftSessionRow[]> {
  const { rows } = await sql<DraftSessionRow>`
    select number, author, began_at, ended_at, first_revision, last_revision, name from draft_sessions
    where workspace_id = ${workspace} and flow_id = ${flow} order by number desc
  `.execute(tx)
  return rows
}

export async function findSession(
  tx: Tx,
  workspace: string,
  flow: string,
  number: number,
): Promise<(DraftSessionRow & { readonly document: unknown }) | undefined> {
  const { rows } = await sql<DraftSessionRow & { document: unknown }>`
    select number, author, began_at, ended_at, first_revision, last_revision, name, document from draft_sessions
    where workspace_id = ${workspace} and flow_id = ${flow} and number = ${number}
  `.execute(tx)
  return rows[0]
}

/** Gives the draft as it stands a name: a session of its own, that nothing is written to any more. */
export async function nameMoment(
  tx: Tx,
  moment: { readonly workspace: string; readonly flow: string; readonly by: string; readonly name: string },
): Promise<void> {
  const { workspace, flow } = moment
  await sql`
    insert into draft_sessions
      (workspace_id, flow_id, number, author_id, author, first_revision, last_revision, document, name)
    select f.workspace_id, f.id,
      coalesce((select max(number) from draft_sessions where workspace_id = ${workspace} and flow_id = ${flow}), 0) + 1,
      u.id, u.name, f.draft_revision, f.draft_revision, f.draft, ${moment.name}
    from flows f, users u where f.workspace_id = ${workspace} and f.id = ${flow} and u.id = ${moment.by}
  `.execute(tx)
}
