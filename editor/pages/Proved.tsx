import { useEffect } from 'react'
import { EmptyState } from '../parts/EmptyState.tsx'
import { PROVED_CHANNEL } from '../people/proved.ts'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'

/** Where a window comes back to in which somebody has shown who they are: it tells the other one, and closes. */
export function Proved() {
  useEffect(() => {
    document.title = 'Thank you · Tieline'
    const channel = new BroadcastChannel(PROVED_CHANNEL)
    channel.postMessage('proved')
    channel.close()
    window.close()
  }, [])
  return (
    <main className={classes.alone}>
      <Mark />
      <EmptyState alone title="Confirmed: it is you">
        Close this window and go on in the other one.
      </EmptyState>
    </main>
  )
}
