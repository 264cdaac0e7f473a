import { type Kysely, sql } from 'kysely'

// Proves that the tables of the trace take a row of this very run and day, and leaves nothing in them. What was put in
// is rolled back rather than deleted: a delete is planned over the partitions of all days.
export async function up(db: Kysely<never>): Promise<void> {
  await sql
    .raw(`
    create function tieline_trace_place(workspace uuid, run uuid, batch int, node text, day date, class text, epoch int)
    returns void language plpgsql volatile set lock_timeout = '2s' as $body$
    begin
      insert into steps (workspace_id, run_id, batch, node_id, day, trace_class, position, epoch, operation, started_at,
        waiting_ms, working_ms, calls, attempts, counts)
      values (workspace, run, batch, node, day, class, 0, epoch, '', now(), 0, 0, 0, 0, '{}');
      insert into payloads (workspace_id, run_id, batch, node_id, day, trace_class, kind, chunk, records, total, bytes, content)
      values (workspace, run, batch, node, day, class, '', 0, 0, 0, 0, '');
      insert into record_keys (workspace_id, run_id, batch, node_id, day, trace_class, hashes)
      values (workspace, run, batch, node, day, class, '{}');
      raise exception 'there is a place' using errcode = 'TL003';
    exception when sqlstate 'TL003' then
      return;
    end $body$`)
    .execute(db)
  await sql`revoke execute on function tieline_trace_place(uuid, uuid, int, text, date, text, int) from public`.execute(
    db,
  )
  await sql`grant execute on function tieline_trace_place(uuid, uuid, int, text, date, text, int) to tieline_app`.execute(
    db,
  )
}
