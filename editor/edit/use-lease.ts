import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { LeaseView } from '../../server/contract/drafts.ts'
import * as api from '../api.ts'
import type { DraftSession } from '../draft/session.ts'
import { tabName } from './tab.ts'

const BEAT_MS = 15_000
/** While somebody asks, or is asked, the answer should not take a quarter of a minute. */
const ASKING_MS = 4_000

export type Lease = {
  readonly view: LeaseView | undefined
  readonly asking: boolean
  readonly take: () => void
  readonly give: () => void
}

/**
 * One tab edits, the others look. The lease keeps people from working past each other; what keeps work from being lost
 * is the draft's revision, so a server that cannot be asked changes nothing here.
 */
export function useLease(workspace: string, flowId: string, session: DraftSession, mayEdit: boolean): Lease {
  const client = useQueryClient()
  const [view, setView] = useState<LeaseView>()
  const [asking, setAsking] = useState(false)
  const wanted = useRef(false)
  const opened = useRef(false)
  const active = useRef(false)
  const asks = useRef(false)
  const had = useRef(false)
  const asked = useRef(0)

  const beat = useCallback(
    async (wish?: 'give' | 'leave') => {
      if (!mayEdit) return undefined
      const tab = tabName()
      const doing = wish ?? (wanted.current ? ('take' as const) : undefined)
      const body = { tab, active: active.current, ...(doing ? { do: doing } : {}) }
      active.current = false
      asked.current += 1
      const turn = asked.current
      try {
        let next = await api.lease(workspace, flowId, body)
        // Free though it was this tab's: the farewell of a page that was loaded again can come after its greeting.
        if (next.holder === null && doing === undefined && (!opened.current || had.current))
          next = await api.lease(workspace, flowId, { tab, do: 'take' })
        // Coming back to the window asks anew: what was answered before that is out of date.
        if (turn !== asked.current) return undefined
        opened.current = true
        had.current = next.yours
        if (next.yours) wanted.current = false
        asks.current = wanted.current
        setAsking(wanted.current && !next.yours)
        session.setReadOnly(!next.yours)
        setView(next)
        if (next.revision > session.get().revision) session.arrived(await api.draft(workspace, flowId))
        return next
      } catch {
        // Out of reach: whoever edits goes on, and the draft says by itself that it is not saved.
        return undefined
      }
    },
    [workspace, flowId, session, mayEdit],
  )

  useEffect(() => {
    if (!mayEdit) {
      session.setReadOnly(true)
      return
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false
    const go = async () => {
      const next = await beat()
      clearTimeout(timer)
      if (!stopped) timer = setTimeout(go, asks.current || next?.asked ? ASKING_MS : BEAT_MS)
    }
    void go()
    const stir = session.subscribe(() => {
      active.current = true
    })
    // Whoever comes back to the window is told at once what happened meanwhile.
    const back = () => {
      clearTimeout(timer)
      void go()
    }
    const leave = () => void api.lease(workspace, flowId, { tab: tabName(), do: 'leave' }).catch(() => undefined)
    window.addEventListener('pagehide', leave)
    window.addEventListener('focus', back)
    return () => {
      stopped = true
      clearTimeout(timer)
      stir()
      window.removeEventListener('pagehide', leave)
      window.removeEventListener('focus', back)
      leave()
    }
  }, [beat, mayEdit, session, workspace, flowId])

  const live = view?.liveVersion
  useEffect(() => {
    if (live !== undefined) void client.invalidateQueries({ queryKey: [workspace, 'flows', flowId], exact: true })
  }, [client, live, workspace, flowId])

  return {
    view,
    asking,
    take: () => {
      wanted.current = true
      void beat()
    },
    give: () => {
      wanted.current = false
      void session.flush().then(() => beat('give'))
    },
  }
}
