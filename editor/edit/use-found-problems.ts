import { useDeferredValue, useEffect, useMemo, useState } from 'react'
import type { Flow } from '../../server/flow/document/flow.ts'
import type { Problem } from '../../server/flow/schema/problem.ts'
import * as api from '../api.ts'
import type { Operations } from '../draft/connect.ts'
import { problemsNow } from '../draft/problems.ts'
import type { DraftSession } from '../draft/session.ts'
import { type Unchecked, useDraft } from './context.ts'

/** Problems of what is drawn now, and those that only the server finds, asked for when a draft has been saved. */
export function useFoundProblems(
  workspace: string,
  flowId: string,
  session: DraftSession,
  operations: Operations,
  publishing: boolean,
): { readonly problems: readonly Problem[]; readonly unchecked: Unchecked } {
  const flow = useDeferredValue(useDraft(session, (snapshot) => snapshot.flow))
  const revision = useDraft(session, ({ save, revision }) => (save.is === 'saved' ? revision : undefined))
  const [found, setFound] = useState<{ problems: readonly Problem[]; of: Flow }>()
  const [failed, setFailed] = useState(false)
  // Connections are chosen elsewhere: whoever comes back, or is about to publish, is told how it stands now.
  const [looks, setLooks] = useState(0)
  useEffect(() => {
    const back = () => setLooks((before) => before + 1)
    window.addEventListener('focus', back)
    return () => window.removeEventListener('focus', back)
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the last two are reasons to ask again
  useEffect(() => {
    if (revision === undefined) return
    const asked = new AbortController()
    const of = session.get().flow
    api
      .validate(workspace, flowId, { signal: asked.signal })
      .then(({ problems }) => {
        setFound({ problems, of })
        setFailed(false)
      })
      // What can be told without the server stays shown; it is asked again after the next save, or when somebody says so.
      .catch(() => {
        if (!asked.signal.aborted) setFailed(true)
      })
    return () => asked.abort()
  }, [workspace, flowId, session, revision, looks, publishing])
  const problems = useMemo(() => problemsNow(flow, operations, found), [flow, operations, found])
  const unchecked = useMemo(() => (failed ? { again: () => setLooks((before) => before + 1) } : undefined), [failed])
  return { problems, unchecked }
}
