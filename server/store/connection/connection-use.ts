import { type Kysely, sql } from 'kysely'
import { inWorkspace } from '../database/database.ts'
import type { Database } from '../database/schema.ts'

/** Notes that a connection is used today (UTC), and not to be turned off. Writes once a day, whoever asks how often. */
export async function noteConnectionUse(db: Kysely<Database>, workspace: string, id: string): Promise<void> {
  await inWorkspace(db, workspace, (tx) =>
    sql`
      update connections set used_on = (now() at time zone 'UTC')::date, off_announced_at = null
      where workspace_id = ${workspace} and id = ${id} and used_on is distinct from (now() at time zone 'UTC')::date
        and off_since is null -- it is refused
    `.execute(tx),
  )
}
