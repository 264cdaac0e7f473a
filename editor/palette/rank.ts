import type { Entry } from './store.ts'

/** More than anybody reads; whoever wants others types on. */
const SHOWN = 60

/**
 * Entries in which every typed word occurs: those whose title begins with what was typed first, then those with a word
 * that begins so, then the others, each in the order in which they were given.
 */
export function ranked(entries: readonly Entry[], typed: string): readonly Entry[] {
  const wanted = typed.trim().toLowerCase()
  const words = wanted.split(/\s+/).filter(Boolean)
  if (words.length === 0) return entries.slice(0, SHOWN)
  const rankOf = ({ title, note }: Entry): number => {
    const text = `${title} ${note}`.toLowerCase()
    if (!words.every((word) => text.includes(word))) return Number.POSITIVE_INFINITY
    if (text.startsWith(wanted)) return 0
    return words.every((word) => text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word))) ? 1 : 2
  }
  return entries
    .map((entry) => ({ entry, rank: rankOf(entry) }))
    .filter(({ rank }) => rank < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, SHOWN)
    .map(({ entry }) => entry)
}
