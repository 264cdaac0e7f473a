import type { Kysely } from 'kysely'
import type { RunClaim } from '../run/journal.ts'
import { inWorkspace } from './database.ts'
import type { Database } from './schema.ts'

/** The version a run carries out, and the connections bound to its slots. */
export async function runnable(
  db: Kysely<Database>,
  claim: RunClaim,
): Promise<{ readonly document: unknown; readonly bindings: ReadonlyMap<string, string> }> {
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
    return { document: version.document, bindings: new Map(bindings.map((row) => [row.slot, row.connection_id])) }
  })
}
