import { ButtonLink } from '../parts/ButtonLink.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { useRights } from '../shell/use-rights.ts'

/** Where to begin while there is no flow; the page around it has “New flow” at its top. */
export function NoFlows({ workspace }: { workspace: string }) {
  const { may } = useRights(workspace)
  return (
    <EmptyState
      title="No flows yet"
      action={
        may('flows.edit') ? (
          <ButtonLink to="/w/$workspace/templates" params={{ workspace }}>
            Choose a prebuilt flow
          </ButtonLink>
        ) : null
      }
    >
      A flow moves records from one system to another, for example paid invoices from Xero to Emarsys.{' '}
      {may('flows.edit')
        ? 'Start from a prebuilt one, draw your own, or import a flow file.'
        : 'Owners and consultants make them; what they do is seen here.'}
    </EmptyState>
  )
}
