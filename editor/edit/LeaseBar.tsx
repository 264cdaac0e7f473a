import { Button } from '@mantine/core'
import type { Lease } from './use-lease.ts'
import classes from './Editor.module.css'

/** Who edits, when it is not this tab; and who would like to, when it is. */
export function LeaseBar({ lease }: { lease: Lease }) {
  const { view } = lease
  if (view === undefined) return null
  if (view.yours) {
    if (view.asked === null) return null
    return (
      <div className={classes.lease} role="status">
        {view.asked} would like to edit. Your changes are saved.
        <Button size="compact-sm" onClick={lease.give}>
          Let {view.asked} edit
        </Button>
      </div>
    )
  }
  const { holder } = view
  const idle = holder !== null && holder.idleSeconds >= 120
  return (
    <div className={classes.lease} data-tone="attention" role="status">
      {holder === null
        ? 'Nobody edits this flow at the moment.'
        : holder.you
          ? 'You edit this flow in another tab. Here it is shown as it is saved.'
          : `${holder.name} edits this flow${idle ? ', but has done nothing for a while' : ''}. Here it is shown as it is saved.`}
      {lease.asking ? (
        <span className="muted">
          {holder ? `${holder.name} is asked; it goes over within half a minute.` : 'One moment…'}
        </span>
      ) : (
        <Button size="compact-sm" variant="default" onClick={lease.take}>
          {holder === null || holder.you || idle ? 'Edit here' : 'Ask to edit'}
        </Button>
      )}
    </div>
  )
}
