import { sql } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'

/** SQL: one row while the claim holds its run, which nobody else can take over before the transaction ends. */
export const stillHeld = ({ workspace, run, epoch }: Pick<RunClaim, 'workspace' | 'run' | 'epoch'>) => sql`
  select 1 from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${epoch} and state = 'running' for share
`
