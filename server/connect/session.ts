import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { LoginKind, Tokens } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { Http, HttpRequest } from '../../connectors/kit/http.ts'
import {
  type ConnectionState,
  claimTokens,
  keepClaim,
  releaseTokens,
  storeTokens,
} from '../store/connection/connection-state.ts'
import type { Database } from '../store/database/schema.ts'
import type { Keyring } from '../store/key/secrets.ts'
import type { Login } from './http.ts'
import { loadState } from './load-state.ts'

/** A process that renews says so again and again; one that is silent for so long is taken for dead, and another tries. */
const CLAIM_SECONDS = 9
const WAIT_STEP_MS = 150
/** Tokens are renewed this long before they end, so that none ends on its way. */
const EARLY_MS = 60_000

type Renewed = 'made' | 'found'
type Renewal = { readonly done: Promise<Renewed>; readonly giveUp: AbortController; waiting: number }

export type SessionParts = {
  readonly db: Kysely<Database>
  readonly keys: Keyring
  readonly workspace: string
  readonly id: string
  readonly kind: LoginKind
  /** Carries no login: for the token calls themselves. */
  readonly bare: (signal: AbortSignal) => Http
}

/**
 * The login of one connection as this process holds it. Tokens live in the database: whoever renews them claims the
 * right first, calls with no transaction open, and stores them before they are used.
 */
export function createSession(
  parts: SessionParts,
  first: ConnectionState,
): Login & {
  readonly state: () => ConnectionState
  readonly generation: (signal: AbortSignal) => Promise<number>
} {
  const { db, keys, workspace, id, kind } = parts
  let state = first
  let renewing: Renewal | undefined

  const isFresh = (tokens: Tokens | undefined) => tokens !== undefined && tokens.expiresAt - Date.now() > EARLY_MS

  async function reload(): Promise<void> {
    const loaded = await loadState(db, keys, workspace, id)
    if (!loaded) throw new StepError('CONFIG_INVALID', 'This connection was deleted.')
    state = loaded
  }

  /**
   * Gets tokens newer than `generation`, made by whichever process is first. Answers `found` when they had been there
   * before anybody asked: they may be old, and refused as well.
   */
  async function renewPast(generation: number, signal: AbortSignal): Promise<Renewed> {
    for (let waited = false; ; waited = true) {
      signal.throwIfAborted()
      await reload()
      if (state.generation > generation && isFresh(state.tokens)) return waited ? 'made' : 'found'
      if (await claimTokens(db, workspace, id, state.generation, CLAIM_SECONDS)) break
      await sleep(WAIT_STEP_MS, undefined, { signal })
    }
    // Of this very claim: whatever else changes in the meantime is not its to touch.
    const claimed = state.generation
    let tokens: Tokens
    const beat = setInterval(
      () => void keepClaim(db, workspace, id, claimed, CLAIM_SECONDS).catch(() => undefined),
      (CLAIM_SECONDS * 1000) / 3,
    )
    try {
      tokens = await kind.login!({
        http: parts.bare(signal),
        connection: state.settings,
        secrets: state.secrets,
        tokens: state.tokens,
        signal,
        now: Date.now(),
      })
    } catch (error) {
      const refused = error instanceof StepError && error.reaction === 'pause' ? error.message : undefined
      const newest = await releaseTokens(db, workspace, id, claimed, refused)
      // Somebody has signed in anew while the old tokens were on their way.
      if (!newest && refused !== undefined) return renewPast(claimed, signal)
      throw error instanceof StepError ? undialled(error) : error
    } finally {
      clearInterval(beat)
    }
    await storeTokens(db, keys, workspace, id, claimed, tokens)
    await reload()
    return 'made'
  }

  /** Many runs use one login: a renewal belongs to all who wait for it, and is given up when the last of them leaves. */
  async function renewOnce(generation: number, signal: AbortSignal): Promise<Renewed> {
    signal.throwIfAborted()
    const renewal = renewing ?? begin(generation)
    renewing = renewal
    const left = Promise.withResolvers<never>()
    const leave = () => left.reject(signal.reason)
    signal.addEventListener('abort', leave)
    renewal.waiting += 1
    try {
      return await Promise.race([renewal.done, left.promise])
    } finally {
      signal.removeEventListener('abort', leave)
      renewal.waiting -= 1
      if (renewal.waiting === 0) {
        if (renewing === renewal) renewing = undefined
        renewal.giveUp.abort(signal.aborted ? signal.reason : undefined)
      }
    }
  }

  function begin(generation: number): Renewal {
    const giveUp = new AbortController()
    const done = renewPast(generation, giveUp.signal)
    const renewal: Renewal = { done, giveUp, waiting: 0 }
    const over = () => {
      if (renewing === renewal) renewing = undefined
    }
    done.then(over, over)
    return renewal
  }

  return {
    state: () => state,
    async generation(signal) {
      if (kind.login && !isFresh(state.tokens)) await renewOnce(state.generation, signal)
      return state.generation
    },
    async sign(request: HttpRequest, signal: AbortSignal) {
      if (kind.login && !isFresh(state.tokens)) await renewOnce(state.generation, signal)
      const signed = kind.apply(request, {
        connection: state.settings,
        secrets: state.secrets,
        tokens: state.tokens,
        now: Date.now(),
      })
      return { request: signed, generation: state.generation }
    },
    ...(kind.login
      ? {
          renew: async (generation: number, signal: AbortSignal) =>
            state.generation > generation ? 'found' : renewOnce(generation, signal),
        }
      : {}),
    ...(kind.curable ? { curable: kind.curable } : {}),
    secrets: () => [
      ...Object.values(state.secrets),
      ...(state.tokens ? [state.tokens.access, state.tokens.refresh ?? ''] : []),
    ],
  }
}

/** Whatever became of the token call: the request that needed the token has not left. */
function undialled(error: StepError): StepError {
  return new StepError(error.code, error.message, {
    cause: error,
    retryAfterMs: error.retryAfterMs,
    dialled: 'no',
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.remote === undefined ? {} : { remote: error.remote }),
  })
}
