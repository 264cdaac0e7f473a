/** A template's sentence: what stands between backticks is a name as the other system writes it. */
export function Sentence({ says }: { says: string }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence have no identity but their place
  return says.split('`').map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part))
}
