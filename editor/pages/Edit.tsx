import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { FLOW_FORMAT } from '../../server/flow/document/flow.ts'
import { Editor } from '../edit/Editor.tsx'
import { operationsOf } from '../flow/operations.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
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
  const above = (
    <Link to="/w/$workspace/flows" params={{ workspace }}>
      Flows
    </Link>
  )
  // An older page beside a newer server: it would send back what it does not know, without it.
  if (draft.data && draft.data.document.format !== FLOW_FORMAT) {
    return (
      <Page title={draft.data.document.name} above={above}>
        <EmptyState
          title="This flow was made by a newer version of Tieline"
          action={<Button onClick={() => location.reload()}>Load the page again</Button>}
        >
          It has format {Number(draft.data.document.format)}; this page reads up to {FLOW_FORMAT}. Nothing was changed.
          If it still says so after loading, this installation has to be updated.
        </EmptyState>
      </Page>
    )
  }
  if (draft.data && operations) {
    return <Editor key={flow} workspace={workspace} flowId={flow} draft={draft.data} operations={operations} />
  }
  return (
    <Page title="Edit a flow" above={above}>
      <Loaded query={draft.data ? catalog : draft}>{() => null}</Loaded>
    </Page>
  )
}
