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

/**
 * Exceptions about effects get places far from those of records, of which a batch has 1,000 and a few more. What they
 * hold is what was sent, not what went into the node: it cannot be tried again, and need not be, as the run that sent it
 * did not settle its batch.
 */
export const FIRST_PLACE = 1_000_000
