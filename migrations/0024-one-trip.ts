import { type Kysely, sql } from 'kysely'

// A transaction that goes out in one packet with its commit cannot be stopped by what comes back: what it must not
// outlive, it has to find out by itself. These functions end it, with codes of our own.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // The run is in other hands: another worker holds a newer epoch of it, or it has ended.
  `create function tieline_lost() returns boolean language plpgsql volatile as $body$
   begin raise exception 'the run was taken over' using errcode = 'TL001'; end $body$`,
  // An effect that was to be written is there already.
  `create function tieline_taken() returns boolean language plpgsql volatile as $body$
   begin raise exception 'the effect is being written by another run' using errcode = 'TL002'; end $body$`,

  // The queue of a workspace from its head, for claims: whose turn it is, without a look at each flow.
  `create index runs_queue on runs (workspace_id, priority, id) include (flow_id, lane) where state = 'queued'`,
]
