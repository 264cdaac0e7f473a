import { sql } from 'kysely'

/**
 * SQL: effect `e` of call `c` of run `r` is in doubt. What was sent for a run that has ended without a word is as
 * doubtful as what is called unknown: nobody will hear the answer any more.
 */
export const IN_DOUBT = sql<boolean>`(
  e.state = 'unknown' or (e.state is null and (
    c.state = 'unknown' or (c.state = 'sent' and r.state not in ('queued', 'running', 'waiting', 'paused'))
  ))
)`

/** SQL: nothing of what exception `x` is about is in doubt any more. */
export const NOTHING_IN_DOUBT = sql<boolean>`not exists (
  select 1 from effects e
  join calls c on c.workspace_id = e.workspace_id and c.id = e.call_id
  join runs r on r.workspace_id = c.workspace_id and r.id = c.run_id
  where e.workspace_id = x.workspace_id and e.target_id = x.effect_target and e.document = x.effect_document
    and ${IN_DOUBT}
)`

/**
 * Exceptions about effects get places far from those of records, of which a batch has 1,000 and a few more. What they
 * hold is what was sent, not what went into the node: it cannot be tried again, and need not be, as the run that sent it
 * did not settle its batch.
 */
export const FIRST_PLACE = 1_000_000
