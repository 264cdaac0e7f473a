import type { ReactNode } from 'react'
import classes from './Notice.module.css'

/** Nothing here yet, or nothing that fits the filters: says which, and what to do next. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <h2>{title}</h2>
      {children ? <p className="muted">{children}</p> : null}
      {action ? <div className={classes.actions}>{action}</div> : null}
    </div>
  )
}
