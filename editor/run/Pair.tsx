import { sayCount } from '../format/number.ts'
import type { Twice } from './compare-steps.ts'

/** A number then and now; once where it is the same. */
export function Pair({ before, now, say = sayCount }: Twice & { say?: (value: number) => string }) {
  const word = (value: number | undefined): string => (value === undefined ? '—' : say(value))
  if (before === now) return <span className="muted number">{word(now)}</span>
  return (
    <span className="number">
      {word(before)} → <strong>{word(now)}</strong>
    </span>
  )
}
