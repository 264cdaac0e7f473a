import { sql } from 'kysely'
import { openDatabase } from '../../server/store/database/database.ts'

export type SettableClock = {
  /** Moves the database's clock by so many seconds, back where they are negative. */
  jump(seconds: number): Promise<void>
  /**
   * After the product has made its tables: also for its functions that name where they look names up, and for what their
   * parameters are if nobody says.
   */
  forFunctions(): Promise<void>
  close(): Promise<void>
}

/**
 * Makes the clock of an empty database one that jumps: whoever asks it for the time is answered by functions that are
 * found before the server's own, in statements and, as tables are made afterwards, in their defaults. The calendar's day
 * (current_date) stays the server's.
 */
export async function settableClock(databaseUrl: string): Promise<SettableClock> {
  const { db, close } = openDatabase({ url: databaseUrl, max: 1 })
  const run = (text: string) => sql.raw(text).execute(db)
  const name = decodeURIComponent(new URL(databaseUrl).pathname.slice(1))
  await run('create schema clock')
  await run('create table clock.ahead (seconds float8 not null)')
  await run('insert into clock.ahead values (0)')
  for (const [asked, kind] of [
    ['now', 'stable'],
    ['transaction_timestamp', 'stable'],
    ['statement_timestamp', 'stable'],
    ['clock_timestamp', 'volatile'],
  ]) {
    await run(`create function clock.${asked}() returns timestamptz language sql ${kind} as
      'select pg_catalog.${asked}() + make_interval(secs => seconds) from clock.ahead'`)
  }
  await run('grant usage on schema clock to public')
  await run('grant select on clock.ahead to public')
  await run(`alter database "${name}" set search_path = public, clock, pg_catalog`)
  return {
    async jump(seconds) {
      await sql`update clock.ahead set seconds = seconds + ${seconds}`.execute(db)
    },
    async forFunctions() {
      const { rows } = await sql<{ name: string; path: string }>`
        select p.oid::regprocedure::text as name, substring(setting from 'search_path=(.*)') as path
        from pg_proc p cross join unnest(p.proconfig) setting where setting like 'search_path=%'
      `.execute(db)
      if (rows.length === 0) throw new Error('no function names where it looks names up: this does nothing any more')
      for (const { name, path } of rows) {
        const own = path.split(', ').filter((one) => one !== 'pg_catalog' && one !== 'pg_temp')
        await run(`alter function ${name} set search_path = ${[...own, 'clock', 'pg_catalog', 'pg_temp'].join(', ')}`)
      }
      await run('set search_path = public, clock, pg_catalog')
      const made = await sql<{ text: string }>`
        select pg_get_functiondef(p.oid) as text from pg_proc p
        where pronamespace = 'public'::regnamespace and pg_get_expr(proargdefaults, 0) like '%now()%'
      `.execute(db)
      for (const { text } of made.rows) await run(text.replaceAll('pg_catalog.now()', 'now()'))
    },
    close,
  }
}
