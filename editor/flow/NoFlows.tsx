import { ButtonLink } from '../parts/ButtonLink.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { useRights } from '../shell/use-rights.ts'
import { NewFlow } from './NewFlow.tsx'

/** Where to begin while there is no flow. */
export function NoFlows({ workspace }: { workspace: string }) {
  const { may } = useRights(workspace)
  return (
    <EmptyState
      title="No flows yet"
      action={
        may('flows.edit') ? (
          <>
            <ButtonLink to="/w/$workspace/templates" params={{ workspace }}>
              Choose a prebuilt flow
            </ButtonLink>
            <NewFlow workspace={workspace} quiet />
          </>
        ) : null
      }
    >
      A flow moves records from one system to another, for example paid invoices from Xero to Emarsys. Start from a
      prebuilt one, draw your own, or import a flow file.
    </EmptyState>
  )
}
