import type { Kysely } from 'kysely'
import type { Limit } from '../../connectors/kit/connector.ts'
import { changeBook, readBook, readBooks } from '../store/connection/budgets.ts'
import type { Database } from '../store/database/schema.ts'
import { blindIndex, type Keyring } from '../store/key/secrets.ts'
import { type Answer, type Book, dayFullAt, enter, newBook, type Spans, TRUE_SPANS, usageOf } from './book.ts'
import { isGone, ownPlace } from './place.ts'
import { type Budget, type ClosableBudget, createBudget, type Keeper, ownBook, together } from './budget.ts'

/** A minute's calls from which on there is no limit: each process keeps its own book, and nobody is asked. */
export const NO_LIMIT = 1_000_000

const PLACES = { own: ownPlace(), isGone }

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
  /** @param system the connector's name, for measures */
  of(limits: readonly Limit[], system?: string): Budget
  /** What stands in the shared book; undefined where there is no limit. */
  usage(limits: readonly Limit[]): Promise<Usage | undefined>
  /** By system, of all workspaces and without a name of any. */
  quotas(): Promise<readonly Quotas[]>
  close(): Promise<void>
}

/** How the limits are used that others' systems set, those that were called within a day. */
export type Quotas = {
  readonly system: string
  /** Used part of the day's calls, of the limit that is used most; null: none has such a limit. */
  readonly fullest: number | null
  /** Limits of which nine tenths of the day are used. */
  readonly nearlyUsed: number
  /** Limits whose system asked for a pause that has not ended. */
  readonly paused: number
}
const NEARLY_USED = 0.9

/** The budgets of one process, each sharing its book with all processes on the database. */
export function createBudgets(parts: BudgetsParts): Budgets {
  const lines = new Map<string, ClosableBudget>()
  const ownBooks = new Map<string, Keeper>()
  const spans = { ...TRUE_SPANS, ...parts.spans }

  function lineOf(limit: Limit, system: string | undefined): Budget {
    // Other numbers, another queue on the same book: a changed plan counts from the next call on.
    const name = `${limit.key} ${limit.concurrent}/${limit.perProcess}/${limit.perMinute}/${limit.perDay}`
    let line = lines.get(name)
    if (!line) {
      line = createBudget(limit, {
        keeper: isShared(limit) ? shared(hashed(limit), system) : own(limit.key),
        spans,
        ...(parts.longestWaitMs === undefined ? {} : { longestWaitMs: parts.longestWaitMs }),
      })
      lines.set(name, line)
    }
    return line
  }

  const hashed = ({ key }: Limit) => blindIndex(parts.keys, '', `budget ${key}`)

  const shared =
    (key: Buffer, system: string | undefined): Keeper =>
    (limit, spans, report) =>
      changeBook<Book, Answer>(parts.db, key, (kept, now) => {
        const book = kept ?? newBook(now)
        if (system !== undefined) {
          book.of = { system, ...(limit.perDay === undefined ? {} : { perDay: limit.perDay }) }
        }
        return { result: enter(book, now, limit, spans, report, PLACES), book }
      })

  function own(key: string): Keeper {
    const keeper = ownBooks.get(key) ?? ownBook()
    ownBooks.set(key, keeper)
    return keeper
  }

  return {
    of: (limits, system) => together(limits.map((limit) => lineOf(limit, system))),
    async usage([limit]) {
      if (!limit || !isShared(limit)) return undefined
      const kept = await readBook<Book>(parts.db, hashed(limit))
      const full = kept && dayFullAt(kept.book, kept.now, limit, spans)
      const used = kept && usageOf(kept.book, kept.now, limit, spans)
      return {
        perMinute: whole(limit.perMinute),
        perDay: whole(limit.perDay),
        usedMinute: used?.minute ?? 0,
        usedDay: limit.perDay === undefined ? null : (used?.day ?? 0),
        pausedUntil: used?.pausedUntil === undefined ? null : new Date(used.pausedUntil),
        dayFullAt: full === undefined ? null : new Date(full),
      }
    },
    async quotas() {
      const books = (await readBooks<Book>(parts.db)).flatMap(({ book, now }) =>
        book.of === undefined ? [] : [{ ...book.of, ...usageOf(book, now, book.of, spans) }],
      )
      return [...Map.groupBy(books, ({ system }) => system)].map(([system, same]) => {
        const parts = same.flatMap(({ perDay, day }) => (perDay === undefined ? [] : [(day ?? 0) / perDay]))
        return {
          system,
          fullest: parts.length === 0 ? null : Math.max(...parts),
          nearlyUsed: parts.filter((part) => part >= NEARLY_USED).length,
          paused: same.filter(({ pausedUntil }) => pausedUntil !== undefined).length,
        }
      })
    },
    close: async () => {
      await Promise.all([...lines.values()].map((line) => line.close()))
      lines.clear()
    },
  }
}

/** Settings of another version of the product need not be numbers. */
const whole = (limit: unknown): number | null => (Number.isInteger(limit) ? Number(limit) : null)

const isShared = ({ perMinute, perDay }: Limit) =>
  perMinute === undefined ? perDay !== undefined : perMinute < NO_LIMIT
