import { sql } from 'kysely'

/** Whether hook `h` has collected for long enough, or enough events, by the database's clock. */
export const COLLECTED = sql<boolean>`(
  h.seconds = 0 or (
    select count(*) >= h.most or min(received_at) + make_interval(secs => h.seconds) <= now()
      or min(received_at) > clock_timestamp() + interval '10 s' -- the clock was set back since
    from (
      select received_at from inbox w
      where w.workspace_id = h.workspace_id and w.hook_id = h.id and w.run_id is null
      order by w.id limit h.most
    ) counted
  )
)`
