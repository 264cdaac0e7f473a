import { type Kysely, sql, type Transaction } from 'kysely'
import { newId } from '../database/ids.ts'
import { queueRuns } from './runs.ts'
import type { Database, FiringOutcome } from '../database/schema.ts'
import { wakingAfter } from '../database/wake.ts'

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
      return due.rows.length === 0 ? 0 : fireAll(tx, due.rows, next)
    }),
  )
}

/** A due time and what becomes of it. */
type Firing = { readonly row: DueRow; readonly at: Date; readonly outcome: FiringOutcome; readonly run?: string }

/** Schedules of one beat, whose rows are locked: what each does is decided here, and written down for all at once. */
async function fireAll(tx: Transaction<Database>, rows: readonly DueRow[], next: NextDue): Promise<number> {
  const planned = rows.map((row) => {
    const { times, more } = dueTimes(next, row)
    return { row, times, more, plan: decide(row, times) }
  })
  const live = await liveRuns(tx, rows)
  const dealtWith = await firingsOf(tx, planned)
  const firings: Firing[] = []
  for (const { row, times, more, plan } of planned) {
    if (more !== undefined) {
      await note(tx, row, more, times[0])
      firings.push({ row, at: more, outcome: 'too-many' })
    }
    for (const { at, outcome } of plan.passed) firings.push({ row, at, outcome })
    let atWork = live.get(nameOf(row)) ?? 0
    for (const { at, late } of plan.fire) {
      if (dealtWith.has(`${nameOf(row)} ${at.getTime()}`)) continue
      // Missed ones that are all to be made up for stand in line; nothing overlaps, since a flow's runs follow one another.
      const outcome = outcomeOf(row, late ? 0 : atWork)
      if (outcome === 'started') atWork += 1
      firings.push({ row, at, outcome, ...(outcome === 'started' ? { run: newId() } : {}) })
    }
  }
  const queued = firings.filter(({ run }) => run !== undefined)
  const [never, ever] = afterwards(planned, next)
  await keepFirings(tx, firings)
  await queueRuns(
    tx,
    queued.map(({ row, run }) => ({
      ...{ id: run!, workspace: row.workspace_id, flow: row.flow_id, version: row.live_version!, node: row.node_id },
      cause: 'schedule',
    })),
  )
  if (ever.length > 0) await moveOn(tx, ever)
  for (const row of never) await giveUp(tx, row)
  return queued.length
}

const nameOf = (row: Pick<DueRow, 'workspace_id' | 'flow_id' | 'node_id'>) =>
  `${row.workspace_id} ${row.flow_id} ${row.node_id}`

function outcomeOf(row: DueRow, live: number): FiringOutcome {
  if (live > 0 && row.settings.overlap !== 'queue') return 'overlap'
  return live >= MOST_QUEUED ? 'too-many' : 'started'
}

/** Those that never come due again, and those that do, with the time. */
function afterwards(
  planned: readonly { readonly row: DueRow; readonly plan: Plan }[],
  next: NextDue,
): readonly [readonly DueRow[], readonly { readonly row: DueRow; readonly then: Date }[]] {
  const never: DueRow[] = []
  const ever: { readonly row: DueRow; readonly then: Date }[] = []
  for (const { row, plan } of planned) {
    const then = nextOrNever(next, row.settings, plan.upTo ?? row.now, row.next_due)
    if (then) ever.push({ row, then })
    else never.push(row)
  }
  return [never, ever]
}

async function moveOn(tx: Transaction<Database>, ever: readonly { readonly row: DueRow; readonly then: Date }[]) {
  await sql`
    update schedules s set next_due = r.then
    from unnest(${ever.map(({ row }) => row.workspace_id)}::uuid[], ${ever.map(({ row }) => row.flow_id)}::uuid[],
      ${ever.map(({ row }) => row.node_id)}::text[], ${ever.map(({ then }) => then)}::timestamptz[])
      as r (workspace_id, flow_id, node_id, "then")
    where s.workspace_id = r.workspace_id and s.flow_id = r.flow_id and s.node_id = r.node_id
  `.execute(tx)
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

/** Runs of these schedules that have not ended. */
async function liveRuns(tx: Transaction<Database>, rows: readonly DueRow[]): Promise<ReadonlyMap<string, number>> {
  const found = await sql<Pick<DueRow, 'workspace_id' | 'flow_id' | 'node_id'> & { live: number }>`
    select r.workspace_id, r.flow_id, r.cause_node as node_id, count(*)::int as live
    from unnest(${rows.map((row) => row.workspace_id)}::uuid[], ${rows.map((row) => row.flow_id)}::uuid[],
      ${rows.map((row) => row.node_id)}::text[]) as s (workspace_id, flow_id, node_id)
    join runs r on r.workspace_id = s.workspace_id and r.flow_id = s.flow_id and r.cause = 'schedule'
      and r.cause_node = s.node_id and r.state in ('queued', 'running', 'waiting', 'paused')
    group by 1, 2, 3
  `.execute(tx)
  return new Map(found.rows.map((row) => [nameOf(row), row.live]))
}

/** Due times that somebody has dealt with: a schedule that was set back fires none of them again. */
async function firingsOf(
  tx: Transaction<Database>,
  planned: readonly { readonly row: DueRow; readonly plan: Plan }[],
): Promise<ReadonlySet<string>> {
  const asked = planned.flatMap(({ row, plan }) => plan.fire.map(({ at }) => ({ row, at })))
  const { rows } = await sql<Pick<DueRow, 'workspace_id' | 'flow_id' | 'node_id'> & { due: Date }>`
    select f.workspace_id, f.flow_id, f.node_id, f.due
    from unnest(${asked.map(({ row }) => row.workspace_id)}::uuid[], ${asked.map(({ row }) => row.flow_id)}::uuid[],
      ${asked.map(({ row }) => row.node_id)}::text[], ${asked.map(({ at }) => at)}::timestamptz[])
      as a (workspace_id, flow_id, node_id, due)
    join firings f on f.workspace_id = a.workspace_id and f.flow_id = a.flow_id and f.node_id = a.node_id and f.due = a.due
  `.execute(tx)
  return new Set(rows.map((row) => `${nameOf(row)} ${row.due.getTime()}`))
}

async function keepFirings(tx: Transaction<Database>, firings: readonly Firing[]): Promise<void> {
  if (firings.length === 0) return
  await sql`
    insert into firings (workspace_id, flow_id, node_id, due, outcome, run_id)
    select * from unnest(${firings.map(({ row }) => row.workspace_id)}::uuid[], ${firings.map(({ row }) => row.flow_id)}::uuid[],
      ${firings.map(({ row }) => row.node_id)}::text[], ${firings.map(({ at }) => at)}::timestamptz[],
      ${firings.map(({ outcome }) => outcome)}::text[], ${firings.map(({ run }) => run ?? null)}::uuid[])
    on conflict do nothing
  `.execute(tx)
}

/** More was missed than is made up for: written down, and shown beside the schedule. */
async function note(tx: Transaction<Database>, row: DueRow, from: Date, to: Date | undefined): Promise<void> {
  const until = (to ?? row.now).toISOString()
  const words = `More than ${MOST_MISSED.toLocaleString('en')} due times were missed; those from ${from.toISOString()} until ${until} were left out.`
  await sql`
    update schedules set note = ${words}
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
