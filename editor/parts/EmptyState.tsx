import type { ReactNode } from 'react'
import classes from './Notice.module.css'

/** Nothing here yet, or nothing that fits the filters: says which, and what to do next. `alone`: it is the whole page. */
export function EmptyState(props: { title: string; children?: ReactNode; action?: ReactNode; alone?: boolean }) {
  const { title, children, action, alone } = props
  return (
    <div className={classes.empty}>
      {alone ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children ? <p className="muted">{children}</p> : null}
      {action ? <div className={classes.actions}>{action}</div> : null}
    </div>
  )
}
