import { type Kysely, sql, type Transaction } from 'kysely'
import { queueRun } from './runs.ts'
import type { Database, FiringOutcome } from './schema.ts'
import { wakingAfter } from './wake.ts'

/** The first due time after a moment; intervals count from `phase`. Throws when none is left. */
export type NextDue = (settings: unknown, after: Date, phase?: Date) => Date

/** A due time found later than this was missed: nobody was there to look. */
const LATE_MS = 60_000
/** Of the due times that were missed, the newest so many count; the note of the schedule says so. */
export const MOST_MISSED = 1_000
/** Missed due times of one schedule that are fired in one go. */
const SLICE = 50
/** Runs of one schedule that may wait behind one another. */
const MOST_QUEUED = 100

type DueRow = {
  readonly workspace_id: string
  readonly flow_id: string
  readonly node_id: string
  readonly settings: { readonly missed?: 'once' | 'all' | 'none'; readonly overlap?: 'skip' | 'queue' }
  readonly next_due: Date
  readonly now: Date
  readonly live_version: number | null
  readonly off: boolean
}

/**
 * Fires what is due, by the database's clock. Each due time is a unique row: it starts one run, or says why it started
 * none, however many processes look. The due times of a paused flow wait until it goes on. Answers how many runs were
 * queued.
 */
export async function fireDue(db: Kysely<Database>, limit: number, next: NextDue): Promise<number> {
  return wakingAfter(db, (listen) =>
    db.transaction().execute(async (tx) => {
      listen(tx)
      const due = await sql<DueRow>`
        select s.workspace_id, s.flow_id, s.node_id, s.settings, s.next_due, now() as now, f.live_version,
          not f.enabled or f.archived_at is not null or f.live_version is null as off
        from schedules s join flows f on f.workspace_id = s.workspace_id and f.id = s.flow_id
        where s.next_due <= now() and f.paused_code is null
        order by s.next_due limit ${limit} for update of s skip locked
      `.execute(tx)
      let queued = 0
      for (const row of due.rows) queued += await fireSchedule(tx, row, next)
      return queued
    }),
  )
}

async function fireSchedule(tx: Transaction<Database>, row: DueRow, next: NextDue): Promise<number> {
  const { times, more } = dueTimes(next, row)
  if (more !== undefined) await leaveOut(tx, row, more, times[0])
  const plan = decide(row, times)
  await keepFirings(tx, row, plan.passed)
  let queued = 0
  for (const due of plan.fire) if (await fire(tx, row, due)) queued += 1
  const last = plan.upTo ?? row.now
  const then = nextOrNever(next, row.settings, last, row.next_due)
  if (!then) await giveUp(tx, row)
  else {
    await sql`
      update schedules set next_due = ${then}
      where workspace_id = ${row.workspace_id} and flow_id = ${row.flow_id} and node_id = ${row.node_id}
    `.execute(tx)
  }
  return queued
}

/** Due times up to now, oldest first; `more`: there are older ones, which do not count. */
function dueTimes(next: NextDue, row: DueRow): { readonly times: readonly Date[]; readonly more: Date | undefined } {
  const { settings, next_due: first, now } = row
  // Looked for from behind, in stretches that grow: a schedule of every minute has half a million of them in a year.
  for (let minutes = MOST_MISSED; ; minutes *= 4) {
    const from = new Date(Math.max(first.getTime() - 1, now.getTime() - minutes * 60_000))
    const times: Date[] = []
    for (
      let at = nextOrNever(next, settings, from, first);
      at && at <= now;
      at = nextOrNever(next, settings, at, first)
    ) {
      times.push(at)
      if (times.length > MOST_MISSED) times.shift()
    }
    const whole = from.getTime() < first.getTime()
    if (!whole && times.length < MOST_MISSED) continue
    return { times, more: times[0] && times[0] > first ? first : undefined }
  }
}

type Plan = {
  readonly fire: readonly { readonly at: Date; readonly late: boolean }[]
  readonly passed: readonly { readonly at: Date; readonly outcome: FiringOutcome }[]
  /** Where to go on; undefined: all due times are dealt with. */
  readonly upTo?: Date
}

/** What the schedule's policy makes of its due times. */
function decide({ settings, now, off }: DueRow, times: readonly Date[]): Plan {
  const pass = (of: readonly Date[], outcome: FiringOutcome) => of.map((at) => ({ at, outcome }))
  if (off) return { fire: [], passed: pass(times, 'off') }
  const isLate = (at: Date) => now.getTime() - at.getTime() > LATE_MS
  const last = times.at(-1)
  if (settings.missed === 'all') {
    const slice = times.slice(0, SLICE)
    const end = slice.at(-1)
    const fire = slice.map((at) => ({ at, late: isLate(at) }))
    return { fire, passed: [], ...(end && slice.length < times.length ? { upTo: end } : {}) }
  }
  const fires = last !== undefined && (settings.missed !== 'none' || !isLate(last))
  return {
    fire: fires ? [{ at: last, late: false }] : [],
    passed: pass(fires ? times.slice(0, -1) : times, 'missed'),
  }
}

/** Answers whether a run was queued. */
async function fire(
  tx: Transaction<Database>,
  row: DueRow,
  { at, late }: { readonly at: Date; readonly late: boolean },
): Promise<boolean> {
  const { workspace_id: workspace, flow_id: flow, node_id: node, live_version: version } = row
  if (version === null) return false
  // Missed ones that are all to be made up for stand in line; nothing overlaps, since a flow's runs follow one another.
  const live = late ? 0 : await liveRuns(tx, row)
  const skip = row.settings.overlap !== 'queue'
  const outcome = live > 0 && skip ? 'overlap' : live >= MOST_QUEUED ? 'too-many' : 'started'
  if (!(await keepFirings(tx, row, [{ at, outcome }])) || outcome !== 'started') return false
  const run = await queueRun(tx, { workspace, flow, version, cause: 'schedule', node })
  await sql`
    update firings set run_id = ${run}
    where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${node} and due = ${at}
  `.execute(tx)
  return true
}

/** Runs of this schedule that have not ended. */
async function liveRuns(tx: Transaction<Database>, row: DueRow): Promise<number> {
  const { rows } = await sql<{ live: number }>`
    select count(*)::int as live from runs
    where workspace_id = ${row.workspace_id} and flow_id = ${row.flow_id} and cause = 'schedule'
      and cause_node = ${row.node_id} and state in ('queued', 'running', 'waiting', 'paused')
  `.execute(tx)
  return rows[0]?.live ?? 0
}

/** Answers how many of the due times nobody had dealt with before. */
async function keepFirings(
  tx: Transaction<Database>,
  row: DueRow,
  firings: readonly { readonly at: Date; readonly outcome: FiringOutcome }[],
): Promise<number> {
  if (firings.length === 0) return 0
  const kept = await sql`
    insert into firings (workspace_id, flow_id, node_id, due, outcome)
    select ${row.workspace_id}::uuid, ${row.flow_id}::uuid, ${row.node_id}, due, outcome
    from unnest(${firings.map(({ at }) => at)}::timestamptz[], ${firings.map(({ outcome }) => outcome)}::text[]) as f (due, outcome)
    on conflict do nothing
  `.execute(tx)
  return Number(kept.numAffectedRows ?? 0n)
}

/** More was missed than is made up for: written down, and shown beside the schedule. */
async function leaveOut(tx: Transaction<Database>, row: DueRow, from: Date, to: Date | undefined): Promise<void> {
  await keepFirings(tx, row, [{ at: from, outcome: 'too-many' }])
  const until = (to ?? row.now).toISOString()
  const note = `More than ${MOST_MISSED.toLocaleString('en')} due times were missed; those from ${from.toISOString()} until ${until} were left out.`
  await sql`
    update schedules set note = ${note}
    where workspace_id = ${row.workspace_id} and flow_id = ${row.flow_id} and node_id = ${row.node_id}
  `.execute(tx)
}

/** One schedule that cannot go on must not hold up the others of its beat. */
function nextOrNever(next: NextDue, settings: unknown, after: Date, phase: Date): Date | undefined {
  try {
    return next(settings, after, phase)
  } catch {
    return undefined
  }
}

/** A schedule without another due time: the flow says so instead of silently never starting again. */
async function giveUp(
  tx: Transaction<Database>,
  row: { workspace_id: string; flow_id: string; node_id: string },
): Promise<void> {
  await sql`
    delete from schedules
    where workspace_id = ${row.workspace_id} and flow_id = ${row.flow_id} and node_id = ${row.node_id}
  `.execute(tx)
  await sql`
    update flows set paused_code = 'SCHEDULE_NEVER',
      paused_message = ${`The schedule “${row.node_id}” never comes due again. Change it, publish, and switch the flow on again.`}
    where workspace_id = ${row.workspace_id} and id = ${row.flow_id}
  `.execute(tx)
}
