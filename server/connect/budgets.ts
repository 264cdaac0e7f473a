import type { Kysely } from 'kysely'
import type { Limit } from '../../connectors/kit/connector.ts'
import { changeBook, readBook } from '../store/budgets.ts'
import type { Database } from '../store/schema.ts'
import { blindIndex, type Keyring } from '../store/secrets.ts'
import { type Answer, type Book, dayFullAt, enter, newBook, type Spans, TRUE_SPANS, usageOf } from './book.ts'
import { type Budget, type ClosableBudget, createBudget, type Keeper, ownBook, together } from './budget.ts'

/** A minute's calls from which on there is no limit: each process keeps its own book, and nobody is asked. */
export const NO_LIMIT = 1_000_000

/** How much of a connection's narrowest limit is used. */
export type Usage = {
  readonly perMinute: number | null
  readonly perDay: number | null
  readonly usedMinute: number
  readonly usedDay: number | null
  readonly pausedUntil: Date | null
  /** When the day’s calls will be used up if it goes on as in the last hour; null: not within a day. */
  readonly dayFullAt: Date | null
}

export type BudgetsParts = {
  readonly db: Kysely<Database>
  readonly keys: Keyring
  /** For tests against sandboxes whose minutes are short. */
  readonly spans?: Partial<Spans>
  readonly longestWaitMs?: number
}

export type Budgets = {
  of(limits: readonly Limit[]): Budget
  /** What stands in the shared book; undefined where there is no limit. */
  usage(limits: readonly Limit[]): Promise<Usage | undefined>
  close(): Promise<void>
}

/** The budgets of one process, each sharing its book with all processes on the database. */
export function createBudgets(parts: BudgetsParts): Budgets {
  const lines = new Map<string, ClosableBudget>()
  const ownBooks = new Map<string, Keeper>()
  const spans = { ...TRUE_SPANS, ...parts.spans }

  function lineOf(limit: Limit): Budget {
    // Other numbers, another queue on the same book: a changed plan counts from the next call on.
    const name = `${limit.key} ${limit.concurrent}/${limit.perProcess}/${limit.perMinute}/${limit.perDay}`
    let line = lines.get(name)
    if (!line) {
      line = createBudget(limit, {
        keeper: isShared(limit) ? shared(hashed(limit)) : own(limit.key),
        spans,
        ...(parts.longestWaitMs === undefined ? {} : { longestWaitMs: parts.longestWaitMs }),
      })
      lines.set(name, line)
    }
    return line
  }

  const hashed = ({ key }: Limit) => blindIndex(parts.keys, '', `budget ${key}`)

  const shared =
    (key: Buffer): Keeper =>
    (limit, spans, report) =>
      changeBook<Book, Answer>(parts.db, key, (kept, now) => {
        const book = kept ?? newBook(now)
        return { result: enter(book, now, limit, spans, report), book }
      })

  function own(key: string): Keeper {
    const keeper = ownBooks.get(key) ?? ownBook()
    ownBooks.set(key, keeper)
    return keeper
  }

  return {
    of: (limits) => together(limits.map(lineOf)),
    async usage([limit]) {
      if (!limit || !isShared(limit)) return undefined
      const kept = await readBook<Book>(parts.db, hashed(limit))
      const full = kept && dayFullAt(kept.book, kept.now, limit, spans)
      const used = kept && usageOf(kept.book, kept.now, limit, spans)
      return {
        perMinute: limit.perMinute ?? null,
        perDay: limit.perDay ?? null,
        usedMinute: used?.minute ?? 0,
        usedDay: limit.perDay === undefined ? null : (used?.day ?? 0),
        pausedUntil: used?.pausedUntil === undefined ? null : new Date(used.pausedUntil),
        dayFullAt: full === undefined ? null : new Date(full),
      }
    },
    close: async () => {
      await Promise.all([...lines.values()].map((line) => line.close()))
      lines.clear()
    },
  }
}

const isShared = ({ perMinute, perDay }: Limit) =>
  perMinute === undefined ? perDay !== undefined : perMinute < NO_LIMIT
