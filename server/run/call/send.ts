import type { Context, Outcome, WriteItem, WriteOperation } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import type { Only } from '../../connect/connections.ts'
import { attempt, Park, type Tally } from './attempt.ts'
import { failpoint } from './failpoint.ts'
import type { Exchange } from '../journal/parts.ts'
import { early, type Found, probe } from './probe.ts'

/** What became of a call as a whole, beside the outcomes of its items. */
export type Answer =
  | {
      readonly state: 'answered' | 'refused' | 'unknown'
      readonly outcomes: readonly Outcome[]
      readonly message?: string
      /** What looking for it gave, where nobody heard the answer. */
      readonly found?: readonly Found[] | undefined
    }
  /** It may have arrived, and can still be made again later: it stays as it is, and the run stops with the error. */
  | { readonly state: 'open'; readonly error: unknown }

/** How a call of a keyed operation is made again under its key. */
export type Again = {
  /** Number of the token that requests go out with now. */
  generation(): Promise<number>
  /** Like the call's context, for requests that go out under this condition or not at all. */
  only(condition?: Only): Context<never>
}

export type Sending = {
  readonly operation: WriteOperation
  readonly context: Context<never>
  readonly items: readonly WriteItem[]
  readonly call: string
  readonly tally: Tally
  /** Every request of this step. */
  readonly exchanges: readonly Exchange[]
  /**
   * Writes down that the call is made once more, if it was first sent within so many milliseconds, and answers how many
   * by the database's clock. Absent for upserts. @throws LeaseLost
   */
  readonly repeat?: ((withinMs: number) => Promise<number | undefined>) | undefined
  /** Nothing is sent: everything counts as taken. */
  readonly dry?: boolean | undefined
  /** Of keyed operations. */
  readonly again?: Again | undefined
  /** It was sent before, with the token of this number, and nobody heard the answer. */
  readonly before?: { readonly generation: number | undefined; readonly quietMs: number } | undefined
}

/**
 * A call is made again only this long before its key is forgotten, in milliseconds: clocks differ, and a request is on
 * its way for a while.
 */
const KEY_MARGIN_MS = 30_000

/** The other system may not know the call's key any more. */
class KeyForgotten extends Error {
  override name = 'KeyForgotten'
}

/**
 * Makes one write call. What may follow a lost answer is decided by the operation's class: upserts are sent again; keyed
 * calls too, with the same key, while the other system knows it; all else is looked for, or becomes unknown.
 * @throws StepError (pause, fail, retries used up) when nothing arrived and the whole run is concerned; Park.
 */
export async function send(sending: Sending): Promise<Answer> {
  const { operation, context, items, call, tally, exchanges } = sending
  if (sending.dry) return { state: 'answered', outcomes: items.map(() => ({ status: 'confirmed' })) }
  const repeatable = operation.effect === 'upsert'
  const again = operation.effect === 'keyed' ? sending.again : undefined
  /** Some request of this call may have arrived, with the token of this number. */
  let doubt = sending.before !== undefined
  let token = sending.before?.generation
  let heard = false
  /** When a request of this call last may have gone out. */
  let dialled = performance.now() - (sending.before?.quietMs ?? 0)
  const once = async () => {
    const using = doubt && again ? again.only(await conditionOf(sending, again, token)) : context
    const before = exchanges.length
    heard = false
    try {
      await failpoint('send.call:before')
      const outcomes = await operation.write(using, items, { id: call })
      await failpoint('send.call:after')
      if (outcomes.length !== items.length) {
        throw new Error(`${operation.name} answered ${outcomes.length} outcomes for ${items.length} items`)
      }
      return outcomes
    } catch (error) {
      // Doubt needs a request that went out: a token that could not be had, or a limit of our own, sent nothing. An
      // abort or a bug after it leaves the same doubt as a lost answer.
      if (exchanges.length > before) {
        dialled = performance.now()
        if (!(error instanceof StepError) || mayHaveArrived(error)) {
          doubt = true
          token = exchanges.at(-1)?.generation ?? token
        } else heard = true
      }
      throw error
    }
  }
  try {
    const outcomes = await attempt(tally, context.signal, once, () => repeatable || again !== undefined || !doubt)
    return { state: 'answered', outcomes }
  } catch (error) {
    // The word of the other system about this very call settles it, whatever came before.
    const refused = error instanceof StepError && error.reaction === 'reject' && (heard || !doubt)
    if (refused) return refusal(items, error)
    if (!doubt || repeatable) throw error
    if (again && (error instanceof Park || context.signal.aborted)) return { state: 'open', error }
    const why = error instanceof StepError || error instanceof KeyForgotten ? error.message : 'the call was cut off.'
    return inDoubt(sending, `It may have arrived: ${why}`, performance.now() - dialled)
  }
}

async function conditionOf(sending: Sending, again: Again, token: number | undefined): Promise<Only> {
  const generation = await again.generation()
  if (generation !== token) throw new KeyForgotten('its key belongs to a login token that was replaced.')
  const window = (sending.operation.keyWindowMs ?? 0) - KEY_MARGIN_MS
  const asked = performance.now()
  const age = await sending.repeat?.(window)
  if (age === undefined) throw new KeyForgotten('its key is older than the other system keeps it.')
  return { generation, until: () => asked + window - age }
}

/** Looks for what may have arrived. */
async function inDoubt(sending: Sending, message: string, quietMs: number): Promise<Answer> {
  const { operation, context, items, tally } = sending
  const found =
    context.signal.aborted || !operation.probe ? undefined : await probe({ operation, context, tally }, items, quietMs)
  // Not there, but too young to be given up: the run goes on when it is old enough. A call whose key is still known then
  // is made again; else what is absent by then is sent anew.
  if (sending.again && operation.effect === 'keyed' && found?.includes('early'))
    return { state: 'open', error: early(quietMs) }
  const outcomes = items.map(
    (_, at): Outcome => (found?.[at] === 'arrived' ? { status: 'confirmed' } : { status: 'unknown', message }),
  )
  const some = outcomes.some((outcome) => outcome.status === 'confirmed')
  return { state: some ? 'answered' : 'unknown', outcomes, message, found }
}

function refusal(items: readonly WriteItem[], error: StepError): Answer {
  const outcome: Outcome = {
    status: 'rejected',
    code: error.code,
    message: error.message,
    ...(error.remote === undefined ? {} : { remote: error.remote }),
  }
  return { state: 'refused', outcomes: items.map(() => outcome), message: error.message }
}

/** A 429 and every 4xx is the remote's word that it did nothing; a lost connection, a time-out or a 5xx is no word at all. */
function mayHaveArrived(error: StepError): boolean {
  if (error.dialled === 'no') return false
  if (error.status === undefined) return true
  return error.status < 400 || error.status >= 500
}

/** How much goes into one call. `shareOf`: which part of a call an item takes, where calls are limited by more than a number. */
export type CallSize<T> = { readonly maxBatch: number; readonly shareOf?: ((item: T) => number) | undefined }

/** Shares are sums of fractions: a thousand of 0.001 are 1. */
export const FULL = 1 + 1e-9

/** Splits items into calls: no more than fits into each, never two of one key in one call, order kept. */
export function intoCalls<T extends { readonly key: string }>(
  items: readonly T[],
  { maxBatch, shareOf = () => 0 }: CallSize<T>,
): T[][] {
  const calls: T[][] = []
  const filled: number[] = []
  const lastCall = new Map<string, number>()
  let open = 0
  for (const item of items) {
    const share = shareOf(item)
    const before = lastCall.get(item.key)
    const fits = (at: number) => {
      const count = calls[at]?.length ?? 0
      return count === 0 || (count < maxBatch && (filled[at] ?? 0) + share <= FULL)
    }
    // A call that was too full for one item takes no smaller one later: that would change the order.
    while (!fits(open)) open += 1
    let at = before === undefined ? open : Math.max(open, before + 1)
    while (!fits(at)) at += 1
    while (calls.length <= at) calls.push([])
    calls[at]!.push(item)
    filled[at] = (filled[at] ?? 0) + share
    lastCall.set(item.key, at)
  }
  return calls.filter((call) => call.length > 0)
}
