import { type Kysely, sql } from 'kysely'

// Our own words quote the record: “Nobody can tell whether “INV-0192” arrived”. One lost answer about an invoice and its
// credit notes was as many causes as their numbers have kinds of letters. What is quoted and is the key of the record counts
// no longer; words of other systems are left as they came. Closed exceptions keep what they were found by.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create or replace function tieline_mark_exception() returns trigger language plpgsql as $body$
    begin
      new.fault := tieline_fault(new.code, coalesce(new.remote,
        replace(new.message, '“' || coalesce(new.business_key, '') || '”', '“#”')));
      return new;
    end $body$`.execute(db)
  await sql`
    update exceptions set fault = tieline_fault(code, replace(message, '“' || business_key || '”', '“#”'))
    where state in ('open', 'retrying') and remote is null and business_key <> ''`.execute(db)
}
