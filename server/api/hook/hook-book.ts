import type { Kysely } from 'kysely'
import { type OpenHook, openHooks } from '../../store/hook/hooks.ts'
import type { Database } from '../../store/database/schema.ts'
import type { Keyring } from '../../store/key/secrets.ts'

/** For so long a hook is taken from memory: a flow that is switched off takes events for as much longer. */
const FRESH_MS = 2_000
/** A secret that does not fit may be newer than what is in memory; so often it is looked at anew. */
const LOOK_AGAIN_MS = 250
const MOST_KEPT = 10_000
/** The one way an address is written: 16 bytes in base64url. */
const ADDRESS = /^[A-Za-z0-9_-]{21}[AQgw]$/

type Asked = { readonly address: string; answer(hook: OpenHook | undefined): void; fail(error: unknown): void }

/** Finds hooks by their address. Those asked for while the database answers share the next question. */
export class HookBook {
  readonly #db: Kysely<Database>
  readonly #keys: Keyring
  readonly #kept = new Map<string, { readonly hook: OpenHook; readonly atMs: number }>()
  #asked: Asked[] = []
  #asking = false

  constructor(db: Kysely<Database>, keys: Keyring) {
    this.#db = db
    this.#keys = keys
  }

  /** Undefined for whatever is no address of a hook that takes events. */
  async find(address: string): Promise<OpenHook | undefined> {
    if (!ADDRESS.test(address)) return undefined
    const kept = this.#kept.get(address)
    if (kept && performance.now() - kept.atMs < FRESH_MS) return kept.hook
    return this.#ask(address)
  }

  /** As it is now, unless it was looked at a moment ago. */
  async findNow(address: string): Promise<OpenHook | undefined> {
    const kept = this.#kept.get(address)
    return kept && performance.now() - kept.atMs < LOOK_AGAIN_MS ? undefined : this.#ask(address)
  }

  #ask(address: string): Promise<OpenHook | undefined> {
    return new Promise((answer, fail) => {
      this.#asked.push({ address, answer, fail })
      if (!this.#asking) void this.#look()
    })
  }

  async #look(): Promise<void> {
    this.#asking = true
    while (this.#asked.length > 0) {
      const asked = this.#asked.splice(0)
      try {
        const found = await openHooks(this.#db, this.#keys, [...new Set(asked.map(({ address }) => address))])
        const atMs = performance.now()
        if (this.#kept.size > MOST_KEPT) this.#kept.clear()
        for (const { address, answer } of asked) {
          const hook = found.get(address)
          if (hook) this.#kept.set(address, { hook, atMs })
          else this.#kept.delete(address)
          answer(hook)
        }
      } catch (error) {
        for (const { fail } of asked) fail(error)
      }
    }
    this.#asking = false
  }
}
