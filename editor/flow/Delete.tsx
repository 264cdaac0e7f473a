import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { Dependents, FlowView } from '../../server/contract/flows.ts'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { path, request } from '../request.ts'

/** Deletes a flow for good, after saying what hangs on it. Only one that never ran can go. */
export function Delete(props: { workspace: string; flow: FlowView; onClose: () => void }) {
  const { workspace, flow } = props
  const client = useQueryClient()
  const navigate = useNavigate()
  const dependents = useQuery({
    queryKey: [workspace, 'flows', flow.id, 'dependents'],
    queryFn: ({ signal }) =>
      request<Dependents>('GET', path`/workspaces/${workspace}/flows/${flow.id}/dependents`, { signal }),
    staleTime: 0,
  })
  const remove = useMutation({
    mutationFn: () => request<void>('DELETE', path`/workspaces/${workspace}/flows/${flow.id}`),
    onSuccess: async () => {
      await navigate({ to: '/w/$workspace/flows', params: { workspace } })
      client.removeQueries({ queryKey: [workspace, 'flows', flow.id] })
      await client.invalidateQueries({ queryKey: [workspace, 'flows'] })
    },
  })
  const kept = dependents.data?.kept
  return (
    <EffectDialog
      open
      title={`Delete ${flow.name} for good?`}
      verb="Delete for good"
      danger
      disabled={kept !== null}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={props.onClose}
    >
      <Loaded query={dependents} rows={2}>
        {(data) => (
          <>
            {data.kept === null ? (
              <p>
                Its draft, {countOf(data.versions, 'version')} and settings go, and nothing brings them back. It has
                never run. Connections stay.
              </p>
            ) : (
              <Banner tone="attention" title="It cannot be deleted">
                <p>{data.kept}</p>
              </Banner>
            )}
            <h3>What hangs on it</h3>
            <ul>
              {says(data).map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </EffectDialog>
  )
}

function says(data: Dependents): readonly string[] {
  const lines = [
    ...data.calledBy.map(({ name }) => `“${name}” calls it`),
    ...counted(data.clients, 'flow', ' of clients made of it'),
    ...counted(data.versions, 'version', ''),
    ...counted(data.runs, 'run', ''),
    ...counted(data.openExceptions, 'open exception', ''),
    ...counted(data.waiting, 'record', ' waiting in it'),
    ...counted(data.hooks, 'hook', ' that other systems call'),
  ]
  return lines.length === 0 ? ['Nothing.'] : lines
}

const counted = (many: number, what: string, more: string): string[] =>
  many === 0 ? [] : [`${countOf(many, what)}${more}`]
