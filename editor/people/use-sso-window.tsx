import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { PROVED_PAGE } from '../../server/contract/paths.ts'
import { Banner } from '../parts/Banner.tsx'
import * as api from './api.ts'
import { PROVED_CHANNEL, type Proved } from './proved.ts'
import { sayFailure } from './say-sso.ts'

/**
 * Single sign-on in a window beside this page, which stays as it is. `onDone`: the window has come back, and somebody is
 * signed in, whoever it is. `said`: what went wrong there, or a link where the browser lets no window open.
 */
export function useSsoWindow(purpose: 'sign-in' | 'link' | 'prove', onDone: () => void) {
  const [failure, setFailure] = useState<string>()
  const [blocked, setBlocked] = useState<string>()
  const went = useRef(false)
  const begin = useMutation({ mutationFn: () => api.beginSso({ purpose, to: PROVED_PAGE }) })
  useEffect(() => {
    // The window that comes back is another one, and may not reach this one: they share the origin only.
    const channel = new BroadcastChannel(PROVED_CHANNEL)
    channel.onmessage = ({ data }: MessageEvent<Proved>) => {
      if (data.failure === undefined) onDone()
      // Another page may have asked as well: its failure is not ours.
      else if (went.current) setFailure(data.failure)
    }
    return () => channel.close()
  }, [onDone])
  const go = (): void => {
    went.current = true
    setFailure(undefined)
    setBlocked(undefined)
    // At once, while the browser still knows that somebody clicked.
    const beside = window.open('', `tieline-${purpose}`, 'popup,width=520,height=680')
    begin.mutate(undefined, {
      onSuccess: ({ url }) => {
        if (beside && !beside.closed) beside.location.assign(url)
        else setBlocked(url)
      },
      onError: () => beside?.close(),
    })
  }
  const said: ReactNode = blocked ? (
    <Banner tone="attention" title="Your browser let no window open" live>
      <a href={blocked} target="_blank" rel="noopener">
        Go on in a tab of its own
      </a>
    </Banner>
  ) : failure ? (
    <Banner tone="failed" title={sayFailure(failure).title} live>
      <p>{sayFailure(failure).note}</p>
    </Banner>
  ) : null
  return { go, said, pending: begin.isPending, error: begin.error }
}
