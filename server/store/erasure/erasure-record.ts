import { existsSync, statSync } from 'node:fs'
import { mkdir, open, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

/** In DATA_DIR, beside the secret key. */
export const ERASURE_FILE = 'erasures.jsonl'

/**
 * What must not come back with an older backup, one line each. Ids and keyed hashes, no personal data: without the secret
 * key nobody can tell whom it is about.
 */
export type Erasure = {
  readonly workspace: string
  /** ISO 8601, UTC. */
  readonly at: string
} & (
  | {
      readonly kind: 'erased'
      readonly id: string
      readonly by: string
      /** hashKeys as decimal numbers; null: ordered before they were kept. */
      readonly hashes: readonly string[] | null
    }
  /** Put into the list of those who must not be written to, by a person or a run; `hash` is suppressionHash, hexadecimal. */
  | { readonly kind: 'listed'; readonly id: string; readonly hash: string; readonly by?: string; readonly run?: string }
  | { readonly kind: 'lifted'; readonly id: string }
  /** A workspace that was deleted as a whole. */
  | { readonly kind: 'deleted' }
)

type Db = Kysely<Database>

export const nameOf = (one: Erasure): string => `${one.kind} ${'id' in one ? one.id : one.workspace}`

/** From a moment on, the oldest first. With a login that sees all workspaces. */
async function erasuresIn(db: Db, since: Date): Promise<Erasure[]> {
  const { rows } = await sql<{ [column: string]: unknown }>`
    select 'erased' as kind, workspace_id as workspace, id, ${iso('at')} as at, ordered_by as by, null::uuid as run,
      null as hash, hashes::text[] as hashes
    from erasures where at >= ${since}
    union all
    select 'listed', workspace_id, id, ${iso('added_at')}, added_by, run_id, encode(hash, 'hex'), null
    from suppressions where added_at >= ${since}
    union all
    select 'lifted', workspace_id, id, ${iso('lifted_at')}, null, null, null, null
    from suppressions where lifted_at >= ${since}
    union all
    select 'deleted', workspace, null, ${iso('finished_at')}, null, null, null, null
    from deletions where finished_at >= ${since}
    order by 4
  `.execute(db)
  // Each kind has the columns of its own; those of the others are null.
  return rows.map((row) => {
    const own = Object.entries(row).filter(
      ([name, value]) => value !== null || (name === 'hashes' && row.kind === 'erased'),
    )
    return Object.fromEntries(own) as Erasure
  })
}

const iso = (column: string) => sql.raw(`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`)

/** All that a database says by itself; undefined where it holds nobody, or is older than this record. */
export async function erasuresOf(db: Db): Promise<readonly Erasure[] | undefined> {
  const { rows } = await sql<{ there: boolean }>`
    select count(*) = 3 as there from information_schema.columns where table_schema = 'public'
      and (table_name, column_name) in (('erasures', 'hashes'), ('suppressions', 'lifted_at'), ('deletions', 'finished_at'))
  `.execute(db)
  if (rows[0]?.there !== true) return undefined
  const erasures = await erasuresIn(db, new Date(0))
  const anybody = await db.selectFrom('workspaces').select('id').limit(1).executeTakeFirst()
  return erasures.length > 0 || anybody ? erasures : undefined
}

/** Rows of a transaction are seen when it commits, and carry the time when it began. None lasts that long. */
const OVERLAP_MS = 3_600_000

/** Keeps a file with all erasures of an installation, outside its database. */
export type ErasureRecord = {
  /**
   * Adds what the file does not have yet, flushed to the disk when this answers. Its time of change says up to when it
   * is complete.
   */
  keep(system: Db): Promise<void>
}

export function erasureRecord(file: string): ErasureRecord {
  const known = new Map<string, string>()
  let [read, since] = [0, 0]
  let turn: Promise<void> = Promise.resolve()

  /** What other processes on the same file have added meanwhile. */
  async function catchUp(): Promise<void> {
    const there = existsSync(file)
    if (!there || statSync(file).size < read) {
      // Taken away, or an older copy was put in its place.
      known.clear()
      ;[read, since] = [0, 0]
    }
    if (!there) return
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      const bytes = Buffer.alloc(Math.max(0, size - read))
      await handle.read(bytes, 0, bytes.length, read)
      const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
      read += whole.length
      for (const one of parse(file, whole.toString())) note(one)
      // Left by a process that died while it wrote: what it says was not in the file yet, and is added below.
      if (whole.length < bytes.length) await truncate(file, read)
    } finally {
      await handle.close()
    }
    for (const [name, at] of known) if (Date.parse(at) < since - 2 * OVERLAP_MS) known.delete(name)
  }
  const note = (one: Erasure) => {
    known.set(nameOf(one), one.at)
    since = Math.max(since, Date.parse(one.at))
  }

  async function add(system: Db): Promise<void> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await catchUp()
    const now = new Date()
    const fresh = (await erasuresIn(system, new Date(since - OVERLAP_MS))).filter((one) => !known.has(nameOf(one)))
    const handle = await open(file, 'a', 0o600)
    try {
      await handle.appendFile(fresh.map((one) => `${JSON.stringify(one)}\n`).join(''))
      await handle.sync()
      await handle.utimes(now, now)
    } finally {
      await handle.close()
    }
  }

  return {
    keep(system) {
      const next = turn.catch(() => undefined).then(() => add(system))
      turn = next
      return next
    },
  }
}

/** @throws Error that names the line that is none of ours */
function parse(file: string, text: string): Erasure[] {
  return text.split('\n').flatMap((line, index) => {
    if (line === '') return []
    try {
      const one = JSON.parse(line) as Erasure
      if (typeof one.workspace === 'string' && typeof one.at === 'string' && KINDS.has(one.kind)) return [one]
    } catch {
      // Said below.
    }
    throw Object.assign(
      new Error(`${file}, line ${index + 1}, is not readable. Put a good copy of the file in its place.`),
      {
        code: 'ERASURES_UNREADABLE',
      },
    )
  })
}

const KINDS: ReadonlySet<string> = new Set<Erasure['kind']>(['erased', 'listed', 'lifted', 'deleted'])

/** A whole file, and up to when it is complete. */
export async function readErasures(
  file: string,
): Promise<{ readonly erasures: readonly Erasure[]; readonly until: Date }> {
  const handle = await open(file, 'r')
  try {
    const { mtime } = await handle.stat()
    return { erasures: parse(file, await handle.readFile('utf8')), until: mtime }
  } finally {
    await handle.close()
  }
}
