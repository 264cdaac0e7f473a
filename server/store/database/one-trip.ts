import { CompiledQuery, type Kysely, type QueryExecutorProvider, type QueryResult, sql } from 'kysely'
import { KeyTaken, LeaseLost } from '../../run/journal/journal.ts'
import { keepPlan } from './kept-plans.ts'
import type { Database } from './schema.ts'

type Db = Kysely<Database>

/** What Kysely builds, and what `sql` makes. */
export type Statement<R = unknown> = {
  compile(by: QueryExecutorProvider): CompiledQuery<R>
  /** What is thrown in place of the database's error when it is this one that fails. */
  readonly failed?: (error: unknown) => unknown
}

export type Answers<S extends readonly Statement[]> = {
  readonly [N in keyof S]: S[N] extends Statement<infer R> ? QueryResult<R> : never
}

/**
 * Asks several statements at once: they leave in one packet and are carried out one after the other. None may depend on
 * what another one answers. Of those that fail, the first one's error is thrown, when all are answered. Their plans are
 * kept: only for statements that find rows by their keys.
 */
export async function together<const S extends readonly Statement[]>(db: Db, statements: S): Promise<Answers<S>> {
  return answersOf(await ask(db, statements.map(hot(db))), statements) as Answers<S>
}

/**
 * A transaction in one packet, its commit included: of one workspace, or of none for the system's login. So nothing that comes back can stop it any more:
 * a statement that finds something wrong has to fail by itself (`heldOrLost`), and then nothing is written.
 * @throws LeaseLost | KeyTaken where a statement says so
 */
export async function inOneTrip<const S extends readonly Statement[]>(
  db: Db,
  workspace: string | undefined,
  statements: S,
): Promise<Answers<S>> {
  const before = [
    CompiledQuery.raw('begin'),
    ...(workspace === undefined ? [] : [sql`select set_config('tieline.workspace', ${workspace}, true)`.compile(db)]),
  ]
  const answers = await ask(db, [...before, ...statements.map(hot(db)), CompiledQuery.raw('commit')])
  const own = [...before.map(() => undefined), ...statements]
  return answersOf(answers, own).slice(before.length, -1) as unknown as Answers<S>
}

const hot =
  (db: Db) =>
  (statement: Statement): CompiledQuery => {
    const compiled = statement.compile(db)
    keepPlan(compiled.sql)
    return compiled
  }

type Settled = PromiseSettledResult<QueryResult<unknown>>

function ask(db: Db, queries: readonly CompiledQuery[]): Promise<readonly Settled[]> {
  return db
    .getExecutor()
    .provideConnection((connection) => Promise.allSettled(queries.map((one) => connection.executeQuery(one))))
}

function answersOf(
  settled: readonly Settled[],
  statements: readonly (Statement | undefined)[],
): readonly QueryResult<unknown>[] {
  return settled.map((one, at) => {
    if (one.status === 'rejected') throw statements[at]?.failed?.(one.reason) ?? reasonOf(one.reason)
    return one.value
  })
}

/** Raised by functions of the database (migrations/0024-one-trip.ts). */
function reasonOf(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'TL001') return new LeaseLost('The run was taken over.', { cause: error })
  if (code === 'TL002') return new KeyTaken('Another run is writing one of these effects at this moment.')
  return error
}
