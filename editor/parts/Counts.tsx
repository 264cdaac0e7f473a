import { sayCount } from '../format/number.ts'
import classes from './Counts.module.css'

export type CountLine = {
  readonly word: string
  readonly count: number
  /** How it stands out when it is not zero. */
  readonly tone?: 'ok' | 'attention' | 'failed'
}

/** Counts of records side by side, largest thing first: a headline of numbers. */
export function Counts({ lines, label }: { lines: readonly CountLine[]; label: string }) {
  return (
    <dl className={classes.counts} aria-label={label}>
      {lines.map((line) => (
        <div key={line.word}>
          <dt>{line.word}</dt>
          <dd className="number" data-tone={line.count > 0 ? line.tone : undefined}>
            {sayCount(line.count)}
          </dd>
        </div>
      ))}
    </dl>
  )
}
