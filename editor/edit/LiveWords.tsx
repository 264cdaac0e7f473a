import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useMemo } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import { changesOf } from '../compare/changes.ts'
import { countOf } from '../format/number.ts'
import { When } from '../parts/When.tsx'
import { sessionQuery, versionQuery } from '../queries.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

/** What runs, since when, and how far the draft is from it. */
export function LiveWords({ flow }: { flow: FlowView | undefined }) {
  const { workspace, flowId, session } = useEditor()
  const live = flow?.liveVersion
  const version = useQuery({ ...versionQuery(workspace, flowId, live ?? 0), enabled: typeof live === 'number' })
  const me = useQuery(sessionQuery)
  // A comparison of everything: it waits until nothing more urgent is to be drawn.
  const draft = useDeferredValue(useDraft(session, (snapshot) => snapshot.flow))
  const document = version.data?.document
  const changes = useMemo(
    () => (document ? changesOf(document, draft).filter(({ kind }) => kind !== 'moved').length : undefined),
    [document, draft],
  )
  if (live === undefined) return <span className={classes.live} />
  if (live === null) return <span className={classes.live}>Not published yet</span>
  const last = flow?.draft.by
  const other = last && last !== me.data?.user.name ? `, last by ${last}` : ''
  return (
    <span className={classes.live}>
      Live: version {live}
      {version.data ? (
        <>
          {' '}
          (<When at={version.data.createdAt} />)
        </>
      ) : null}
      {changes === undefined
        ? ''
        : changes === 0
          ? ', the same as the draft'
          : ` · ${countOf(changes, 'unpublished change')}${other}`}
    </span>
  )
}
