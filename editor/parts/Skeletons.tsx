import classes from './Skeletons.module.css'

/** Grey bars while something loads; they appear only after 300 ms, so that a fast answer does not flicker. */
export function Skeletons({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div className={classes.frame} role="status">
      <span className="unseen">{label}…</span>
      {Array.from({ length: rows }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity but their place
        <div key={place} className={classes.row} aria-hidden>
          <span style={{ width: `${28 + ((place * 17) % 24)}%` }} />
          <span style={{ width: '12%' }} />
          <span style={{ width: '9%' }} />
        </div>
      ))}
    </div>
  )
}
