import type { Context, Outcome, WriteCall, WriteItem, WriteOperation } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { attempt, type Tally } from './attempt.ts'

/** What became of a call as a whole, beside the outcomes of its items. */
export type Answer = {
  readonly state: 'answered' | 'refused' | 'unknown'
  readonly outcomes: readonly Outcome[]
  readonly message?: string
}

/**
 * Makes one write call. What may follow a lost answer is decided by the operation's class: upserts are sent again,
 * all else becomes unknown once a byte may have left. `exchanged` counts the requests that went out so far.
 * @throws StepError (pause, fail, retries used up) when nothing arrived and the whole run is concerned; Park.
 */
export async function send(
  operation: WriteOperation,
  context: Context<never>,
  items: readonly WriteItem[],
  call: WriteCall,
  tally: Tally,
  exchanged: () => number,
): Promise<Answer> {
  const repeatable = operation.effect === 'upsert'
  let doubt = false
  const once = async () => {
    const before = exchanged()
    doubt = false
    try {
      const outcomes = await operation.write(context, items, call)
      if (outcomes.length !== items.length) {
        throw new Error(`${operation.name} answered ${outcomes.length} outcomes for ${items.length} items`)
      }
      return outcomes
    } catch (error) {
      // Doubt needs a request that went out: a token that could not be had, or a limit of our own, sent nothing. An
      // abort or a bug after it leaves the same doubt as a lost answer.
      doubt = exchanged() > before && (!(error instanceof StepError) || mayHaveArrived(error))
      throw error
    }
  }
  try {
    return { state: 'answered', outcomes: await attempt(tally, context.signal, once, () => repeatable || !doubt) }
  } catch (error) {
    if (doubt && !repeatable) {
      const message = `It may have arrived: ${error instanceof StepError ? error.message : 'the call was cut off.'}`
      return { state: 'unknown', outcomes: items.map((): Outcome => ({ status: 'unknown', message })), message }
    }
    if (!(error instanceof StepError) || error.reaction !== 'reject') throw error
    const outcome: Outcome = {
      status: 'rejected',
      code: error.code,
      message: error.message,
      ...(error.remote === undefined ? {} : { remote: error.remote }),
    }
    return { state: 'refused', outcomes: items.map(() => outcome), message: error.message }
  }
}

/** A 429 and every 4xx is the remote's word that it did nothing; a lost connection, a time-out or a 5xx is no word at all. */
function mayHaveArrived(error: StepError): boolean {
  if (error.dialled === 'no') return false
  if (error.status === undefined) return true
  return error.status < 400 || error.status >= 500
}

/** Halves a refused batch until the refusals stand alone. For upserts only: sending a part again must be harmless. */
export async function sendBisected(
  operation: WriteOperation,
  context: Context<never>,
  items: readonly WriteItem[],
  call: WriteCall,
  tally: Tally,
  exchanged: () => number,
): Promise<Answer> {
  const answer = await send(operation, context, items, call, tally, exchanged)
  if (answer.state !== 'refused' || items.length === 1) return answer
  const middle = Math.ceil(items.length / 2)
  const left = await sendBisected(operation, context, items.slice(0, middle), call, tally, exchanged)
  const right = await sendBisected(operation, context, items.slice(middle), call, tally, exchanged)
  return { state: 'answered', outcomes: [...left.outcomes, ...right.outcomes] }
}

/** Splits items into calls: at most `maxBatch` each, never two of one key in one call, order kept. */
export function intoCalls<T extends { readonly key: string }>(items: readonly T[], maxBatch: number): T[][] {
  const calls: T[][] = []
  const lastCall = new Map<string, number>()
  let open = 0
  for (const item of items) {
    const before = lastCall.get(item.key)
    let at = before === undefined ? open : Math.max(open, before + 1)
    while ((calls[at]?.length ?? 0) >= maxBatch) at += 1
    while (calls.length <= at) calls.push([])
    calls[at]!.push(item)
    lastCall.set(item.key, at)
    while ((calls[open]?.length ?? 0) >= maxBatch) open += 1
  }
  return calls.filter((call) => call.length > 0)
}
