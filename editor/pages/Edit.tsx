import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Editor } from '../edit/Editor.tsx'
import { operationsOf } from '../flow/operations.ts'
import { Loaded } from '../parts/Loaded.tsx'
import { catalogQuery, draftToEditQuery } from '../queries.ts'
import { Page } from '../shell/Page.tsx'

const route = getRouteApi('/w/$workspace/flows/$flow/edit')

/** The editor. What it shows is read once; from then on the draft lives in its session, and saves itself. */
export function Edit() {
  const { workspace, flow } = route.useParams()
  const draft = useQuery(draftToEditQuery(workspace, flow))
  const catalog = useQuery(catalogQuery)
  const operations = useMemo(() => (catalog.data ? operationsOf(catalog.data) : undefined), [catalog.data])
  if (draft.data && operations) {
    return <Editor key={flow} workspace={workspace} flowId={flow} draft={draft.data} operations={operations} />
  }
  const above = (
    <Link to="/w/$workspace/flows" params={{ workspace }}>
      Flows
    </Link>
  )
  return (
    <Page title="Edit a flow" above={above}>
      <Loaded query={draft.data ? catalog : draft}>{() => null}</Loaded>
    </Page>
  )
}
