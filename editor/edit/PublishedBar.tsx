import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { sessionQuery, versionQuery } from '../queries.ts'
import { useEditor } from './context.ts'
import classes from './Editor.module.css'

/** Somebody else has published while this was open. Quiet: what one does here goes on as it was. */
export function PublishedBar({ live }: { live: number | null | undefined }) {
  const { workspace, flowId } = useEditor()
  const [seen, setSeen] = useState(live)
  // The first that is heard of is what was there already.
  if (seen === undefined && live !== undefined) setSeen(live)
  const fresh = live !== undefined && live !== null && seen !== undefined && live !== seen
  const version = useQuery({ ...versionQuery(workspace, flowId, live ?? 0), enabled: fresh })
  const me = useQuery(sessionQuery)
  if (!fresh || version.data === undefined || version.data.author === me.data?.user.name) return null
  return (
    <div className={classes.lease} role="status">
      <span>
        {version.data.author} published version {live}: {version.data.summary}
      </span>
      <Link
        to="/w/$workspace/flows/$flow/compare"
        params={{ workspace, flow: flowId }}
        search={{ a: String(live), b: 'draft' }}
      >
        Compare with the draft
      </Link>
      <Button size="compact-sm" variant="subtle" onClick={() => setSeen(live)}>
        Good
      </Button>
    </div>
  )
}
