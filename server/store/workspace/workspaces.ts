import type { Kysely, Transaction } from 'kysely'
import type { SignInRule } from '../people/people.ts'
import type { Database, Role, TraceClass } from '../database/schema.ts'

type Db = Kysely<Database>

/** With the system login: a workspace that is being made is nobody's yet. */
export async function insertWorkspace(db: Db, id: string, name: string): Promise<void> {
  await db.insertInto('workspaces').values({ id, name }).execute()
}

export async function insertMember(db: Db, workspace: string, user: string, role: Role): Promise<void> {
  await db.insertInto('members').values({ workspace_id: workspace, user_id: user, role }).execute()
}

/** How long traces of runs that begin now are kept. */
export async function traceClassOf(tx: Transaction<Database>, workspace: string): Promise<TraceClass | undefined> {
  const row = await tx.selectFrom('workspaces').select('trace_class').where('id', '=', workspace).executeTakeFirst()
  return row?.trace_class
}

/** For runs from now on; earlier ones keep the class they began with. */
export async function setTraceClass(tx: Transaction<Database>, workspace: string, name: TraceClass): Promise<void> {
  await tx.updateTable('workspaces').set({ trace_class: name }).where('id', '=', workspace).execute()
}

/** What a workspace asks of those who sign in. */
export async function signInRuleOf(tx: Transaction<Database>, workspace: string): Promise<SignInRule> {
  const row = await tx
    .selectFrom('workspaces')
    .select(['require_sso', 'require_second_factor'])
    .where('id', '=', workspace)
    .executeTakeFirstOrThrow()
  return { sso: row.require_sso, secondFactor: row.require_second_factor }
}

export async function setSignInRule(tx: Transaction<Database>, workspace: string, rule: SignInRule): Promise<void> {
  await tx
    .updateTable('workspaces')
    .set({ require_sso: rule.sso, require_second_factor: rule.secondFactor })
    .where('id', '=', workspace)
    .execute()
}
