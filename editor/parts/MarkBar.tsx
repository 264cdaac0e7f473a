import type { ReactNode } from 'react'
import classes from './MarkBar.module.css'

/** Above a table whose rows can be marked: what is marked, and what can be done with it. Stays in sight while it is. */
export const MarkBar = (props: { label: string; sentence: string; marked: boolean; children: ReactNode }) => (
  <section className={classes.bar} aria-label={props.label} data-marked={props.marked || undefined}>
    <p role="status">{props.sentence}</p>
    <div className={classes.buttons}>{props.children}</div>
  </section>
)
