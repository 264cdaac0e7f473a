import { StepError } from '../../../connectors/kit/errors.ts'

/** Asks another system while somebody waits for it. That it takes too long is foreseen, as any other failure of it. */
export async function askWithin<T>(ms: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await ask(AbortSignal.timeout(ms))
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error
    throw new StepError('TIMED_OUT', `There was no answer within ${ms / 1000} seconds.`, { cause: error })
  }
}
