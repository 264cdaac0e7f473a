import { createHash, randomBytes } from 'node:crypto'

/** What happened, in the form that is hashed: plain JSON. */
export type Fact = {
  readonly workspace: string
  /** From 1, without gaps. */
  readonly sequence: number
  /** ISO 8601, UTC, milliseconds; by the database's clock. */
  readonly at: string
  readonly actor: { readonly kind: ActorKind; readonly id: string | null }
  readonly action: string
  /** Which things it was done to, by kind: `{ "flow": "…" }`. */
  readonly subject: { readonly [kind: string]: string }
  /** What else is worth knowing. Never a secret, never personal data. */
  readonly detail: { readonly [name: string]: unknown }
  readonly requestId: string | null
  /** Of `personal`, hexadecimal: its blanking does not break the chain. */
  readonly personalDigest: string
  /** Hash of the entry before, hexadecimal; of the first one 64 zeros. */
  readonly previous: string
}

export const ACTOR_KINDS = ['person', 'token', 'system', 'nobody'] as const
/** `nobody`: somebody who is not signed in. `system`: the product itself. */
export type ActorKind = (typeof ACTOR_KINDS)[number]

/** Who it was in words; kept beside the chain, and null once blanked. The salt keeps its digest from being guessed. */
export type Personal = {
  readonly salt: string
  readonly name: string
  readonly email: string
  readonly address: string
}

export type Entry = Fact & { readonly hash: string; readonly personal: Personal | null }

/** The chain of what belongs to no workspace: signing in, set-up, people. */
export const INSTALLATION = '00000000-0000-0000-0000-000000000000'
export const BEGINNING = '0'.repeat(64)
/** In the data directory: signed heads, one a line. */
export const ANCHOR_FILE = 'audit-anchors.jsonl'

/** JSON with sorted names and no white space, so that equal contents have equal texts. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(',')}}`
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export function hashFact(fact: Fact): string {
  const { workspace, sequence, at, actor, action, subject, detail, requestId, personalDigest, previous } = fact
  return sha256(
    canonical({ workspace, sequence, at, actor, action, subject, detail, requestId, personalDigest, previous }),
  )
}

export const digestOf = (personal: Personal): string => sha256(canonical(personal))
export const newSalt = (): string => randomBytes(16).toString('hex')

export type Fault = { readonly sequence: number; readonly what: string }

/**
 * Walks a chain from its first entry (or from after a trusted head) and answers the first entry that is wrong, or where
 * it stands at its end. Entries are as they come, in order.
 */
export class Verifier {
  #sequence: number
  #hash: string
  readonly #workspace: string

  constructor(
    workspace: string,
    from: { readonly sequence: number; readonly hash: string } = { sequence: 0, hash: BEGINNING },
  ) {
    this.#workspace = workspace
    this.#sequence = from.sequence
    this.#hash = from.hash
  }

  get head(): { readonly sequence: number; readonly hash: string } {
    return { sequence: this.#sequence, hash: this.#hash }
  }

  next(entry: Entry): Fault | undefined {
    const expected = this.#sequence + 1
    const wrong = (what: string): Fault => ({ sequence: expected, what })
    if (entry.sequence !== expected)
      return wrong(`entry ${expected} is missing: entry ${entry.sequence} follows ${this.#sequence}`)
    if (entry.workspace !== this.#workspace) return wrong('it belongs to another chain')
    if (entry.previous !== this.#hash) return wrong('it does not follow the entry before it')
    if (hashFact(entry) !== entry.hash) return wrong('its content was changed')
    if (entry.personal !== null && digestOf(entry.personal) !== entry.personalDigest) {
      return wrong('the name or address of who did it was changed')
    }
    this.#sequence = expected
    this.#hash = entry.hash
    return undefined
  }
}
