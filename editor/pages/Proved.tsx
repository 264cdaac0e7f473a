import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { EmptyState } from '../parts/EmptyState.tsx'
import { PROVED_CHANNEL, type Proved as Told } from '../people/proved.ts'
import { sayFailure } from '../people/say-sso.ts'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'

const route = getRouteApi('/proved')

/** Where a window comes back to in which somebody has shown who they are, or has not: it tells the other one, and closes. */
export function Proved() {
  const { sso: failure } = route.useSearch()
  useEffect(() => {
    document.title = failure === undefined ? 'Thank you · Tieline' : 'Not signed in · Tieline'
    const channel = new BroadcastChannel(PROVED_CHANNEL)
    channel.postMessage({ ...(failure === undefined ? {} : { failure }) } satisfies Told)
    channel.close()
    window.close()
  }, [failure])
  const failed = failure === undefined ? undefined : sayFailure(failure)
  return (
    <main className={classes.alone}>
      <Mark />
      <EmptyState alone title={failed?.title ?? 'Confirmed: it is you'}>
        {failed ? `${failed.note} ` : ''}Close this window and go on in the other one.
      </EmptyState>
    </main>
  )
}
