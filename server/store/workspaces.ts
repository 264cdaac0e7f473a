import type { Kysely } from 'kysely'
import type { Database, Role } from './schema.ts'

type Db = Kysely<Database>

/** With the system login: a workspace that is being made is nobody's yet. */
export async function insertWorkspace(db: Db, id: string, name: string): Promise<void> {
  await db.insertInto('workspaces').values({ id, name }).execute()
}

export async function insertMember(db: Db, workspace: string, user: string, role: Role): Promise<void> {
  await db.insertInto('members').values({ workspace_id: workspace, user_id: user, role }).execute()
}
