import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { RunView } from '../../server/contract/runs.ts'
import { runQuery, underWay } from '../queries.ts'
import { addressOf, path } from '../request.ts'
import { noteFollowed } from './followed.ts'

/** What belongs to a run is read again at most so often, however fast its batches settle. */
const REST_MS = 2_000
/** A stream that is not there by then is said to be missing. */
const PATIENCE_MS = 5_000

/**
 * Follows a run while it goes and the page is in sight: its head comes with each event, the rest is read again. Answers
 * false when the stream is missing; then everything is asked for every other second, as if it had never been.
 */
export function useLive(workspace: string, run: Pick<RunView, 'id' | 'state'> | undefined): boolean {
  const client = useQueryClient()
  const [missing, setMissing] = useState(false)
  const id = run?.id
  const live = run !== undefined && underWay(run.state)
  useEffect(() => {
    if (id === undefined || !live) return
    let source: EventSource | undefined
    let late: ReturnType<typeof setTimeout> | undefined
    let rest: ReturnType<typeof setTimeout> | undefined
    let readAt = 0

    const readRest = (): void => {
      rest = undefined
      readAt = Date.now()
      const head = runQuery(workspace, id).queryKey.length
      void client.invalidateQueries({
        queryKey: runQuery(workspace, id).queryKey,
        predicate: ({ queryKey }) => queryKey.length > head, // the head came with the event
      })
    }
    const followed = (now: boolean): void => {
      clearTimeout(late)
      noteFollowed(id, now)
      setMissing(!now)
      // Whoever waits for the next look has to know at once that there will be one, or none.
      if (!now) void client.invalidateQueries({ queryKey: runQuery(workspace, id).queryKey })
    }
    const open = (): void => {
      if (source !== undefined || document.visibilityState === 'hidden') return
      late = setTimeout(() => followed(false), PATIENCE_MS)
      source = new EventSource(addressOf(path`/workspaces/${workspace}/runs/${id}/events`))
      source.addEventListener('open', () => followed(true))
      source.addEventListener('run', (event: MessageEvent<string>) => {
        // As the API answers it: the server writes both with one function.
        const view = JSON.parse(event.data) as RunView
        client.setQueryData(runQuery(workspace, id).queryKey, view)
        if (!underWay(view.state)) clearTimeout(rest)
        if (!underWay(view.state)) readRest()
        else rest ??= setTimeout(readRest, Math.max(0, readAt + REST_MS - Date.now()))
      })
      source.addEventListener('end', (event: MessageEvent<string>) => {
        close()
        if (event.data !== 'ended') followed(false) // the next question says why
      })
      source.addEventListener('error', () => {
        if (source?.readyState === EventSource.CLOSED) close()
        followed(false) // otherwise the browser connects again by itself
      })
    }
    const close = (): void => {
      source?.close()
      source = undefined
      clearTimeout(late)
      noteFollowed(id, false)
    }
    // A browser keeps six connections to one place: a page that nobody sees needs none of them.
    const turn = (): void => {
      if (document.visibilityState === 'hidden') close()
      else open()
    }
    open()
    document.addEventListener('visibilitychange', turn)
    return () => {
      document.removeEventListener('visibilitychange', turn)
      clearTimeout(rest)
      close()
      setMissing(false)
    }
  }, [client, workspace, id, live])
  const went = useRef(live)
  useEffect(() => {
    // What it set aside, and what it made good, is known now; lists that were read while it went say otherwise.
    if (went.current && !live) void client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
    went.current = live
  }, [client, workspace, live])
  return !(live && missing)
}
