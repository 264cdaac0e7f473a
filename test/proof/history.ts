// Whether what other systems got, and what the ledger says of it, can have come of a product that keeps its word. Pure: it
// knows nothing of how either was asked.

/** upsert: the same again changes nothing. keyed: the other system knows a call by its key. unsafe: it does it again. */
export type EffectClass = 'upsert' | 'keyed' | 'unsafe'

/** One thing that is to be there: an invoice, a mail. */
export type Thing = { readonly of: EffectClass; readonly key: string }

export type LedgerEntry = Thing & {
  readonly state: 'intended' | 'sent' | 'confirmed' | 'rejected' | 'unknown' | 'reversed'
  /** An open exception names it. */
  readonly named: boolean
}

export type History = {
  /** What is to be there in the end, since somebody was told that it would be. */
  readonly promised: readonly Thing[]
  /** At rest: nothing is at work any more. */
  readonly ledger: readonly LedgerEntry[]
  /** What the other systems have, as often as they have it. */
  readonly there: readonly Thing[]
}

const nameOf = ({ of, key }: Thing) => `${of} ${key}`

/** What cannot be explained, each in a sentence; nothing: all of it can. */
export function unexplained({ promised, ledger, there }: History): readonly string[] {
  const times = new Map<string, number>()
  for (const one of there) times.set(nameOf(one), (times.get(nameOf(one)) ?? 0) + 1)
  const entries = Map.groupBy(ledger, nameOf)
  const faults: string[] = []
  for (const [name, count] of times) {
    if (count > 1) faults.push(`${name} is there ${count} times`)
    const known = entries.get(name)
    if (!known) faults.push(`${name} is there, and the ledger knows nothing of it`)
    else if (known.every(({ state }) => state === 'rejected' || state === 'intended'))
      faults.push(`${name} is there, and the ledger says that it was not sent`)
  }
  for (const [name, known] of entries) {
    const arrived = times.has(name)
    if (!arrived && known.some(({ state }) => state === 'confirmed'))
      faults.push(`${name} is not there, and the ledger says that it arrived`)
    for (const { state, named } of known) {
      if (state === 'sent') faults.push(`${name} was sent, and nobody wrote down what became of it`)
      if (state === 'unknown' && !named) faults.push(`${name} is in doubt, and no exception says so`)
    }
  }
  for (const one of promised) {
    const name = nameOf(one)
    const doubtful = (entries.get(name) ?? []).some(({ state }) => state === 'unknown')
    // What may be sent again has to arrive; of the others a gap is allowed that is known as one.
    if (!times.has(name) && (one.of === 'upsert' || !doubtful)) faults.push(`${name} was promised and is lost`)
  }
  return faults
}
