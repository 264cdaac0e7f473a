import { type Anchor, isGenuine } from './anchor.ts'
import { BEGINNING, type Entry, type Fault, Verifier } from './chain.ts'

export type Verdict = {
  readonly workspace: string
  readonly entries: number
  /** Hash of the last entry. */
  readonly hash: string
  /** Names and addresses that were blanked on request of a person. */
  readonly blanked: number
  readonly anchors: number
  /** The last entry that an anchor vouches for; 0: none, so nothing outside of the chain does. */
  readonly anchored: number
  /** It went with its workspace. */
  readonly deleted?: boolean
  /** The first entry that is wrong. */
  readonly fault?: Fault
}

/**
 * Checks one chain from its beginning: every entry, and every anchor of it. Anchors stand outside of what could have been
 * tampered with, so they also show a chain that was cut short or made anew.
 */
export async function verifyChain(
  workspace: string,
  /** Undefined: something stands there that is no entry. */
  entries: AsyncIterable<Entry | undefined> | Iterable<Entry | undefined>,
  anchors: readonly Anchor[],
  /** Any of these may have signed an anchor; undefined: signatures are not looked at. */
  keys: readonly string[] | undefined,
): Promise<Verdict> {
  const verifier = new Verifier(workspace)
  const mine = anchors.filter((anchor) => anchor.workspace === workspace).sort((a, b) => a.sequence - b.sequence)
  let place = 0
  let blanked = 0
  const verdict = (fault?: Fault): Verdict => ({
    workspace,
    entries: verifier.head.sequence,
    hash: verifier.head.hash,
    blanked,
    anchors: place,
    anchored: mine[place - 1]?.sequence ?? 0,
    ...(fault ? { fault } : {}),
  })
  for (const anchor of mine) {
    if (keys !== undefined && !keys.some((key) => isGenuine(key, anchor))) {
      return verdict({ sequence: anchor.sequence, what: 'its anchor was not signed with this key' })
    }
  }
  const past = (sequence: number, hash: string): Fault | undefined => {
    for (; place < mine.length && mine[place]!.sequence <= sequence; place++) {
      const anchor = mine[place]!
      if (anchor.sequence === sequence && anchor.hash !== hash) {
        return { sequence, what: `it is not the entry that was anchored at ${anchor.at}` }
      }
    }
    return undefined
  }
  const early = past(0, BEGINNING)
  if (early) return verdict(early)
  for await (const entry of entries) {
    if (entry === undefined) return verdict({ sequence: verifier.head.sequence + 1, what: 'it cannot be read' })
    const fault = verifier.next(entry) ?? past(entry.sequence, entry.hash)
    if (fault) return verdict(fault)
    if (entry.personal === null) blanked += 1
  }
  const last = mine[place]
  if (last) {
    return verdict({
      sequence: verifier.head.sequence + 1,
      what: `the chain ends before entry ${last.sequence}, which was there at ${last.at}`,
    })
  }
  return verdict()
}
