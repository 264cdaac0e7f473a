import { setTimeout } from 'node:timers/promises'
import { post } from './post.ts'

/** A failed callback is repeated so often. */
const REPEATS = 5
const ANSWER_WITHIN_MS = 5000

/**
 * Posts the status of an export to the address its request named, again a minute later (`pauseMs`) while that fails.
 * `met` learns the HTTP status of each try, 0 for no answer.
 */
export async function callBack(
  url: string,
  body: () => string,
  pauseMs: () => number,
  met: (status: number) => void,
): Promise<void> {
  for (let tries = 0; tries <= REPEATS; tries++) {
    // Unreferenced, so that a pause keeps no process alive whose server is closed.
    if (tries > 0) await setTimeout(pauseMs(), undefined, { ref: false })
    const status = await post({ url, body: body(), withinMs: ANSWER_WITHIN_MS })
    met(status)
    if (status >= 200 && status < 300) return
  }
}
