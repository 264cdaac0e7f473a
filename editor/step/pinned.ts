import { queryOptions, useQuery } from '@tanstack/react-query'
import type { PinRequest, Sample, SampleList } from '../../server/contract/samples.ts'
import { useEditor } from '../edit/context.ts'
import { path, request } from '../request.ts'
import { useRights } from '../shell/use-rights.ts'

const samplesQuery = (workspace: string, flow: string) =>
  queryOptions({
    queryKey: [workspace, 'flows', flow, 'samples'],
    queryFn: ({ signal }) =>
      request<SampleList>('GET', path`/workspaces/${workspace}/flows/${flow}/samples`, { signal }),
    staleTime: 30_000,
  })

const at = (workspace: string, flow: string, node: string) =>
  path`/workspaces/${workspace}/flows/${flow}/samples/${node}`

export const pin = (workspace: string, flow: string, node: string, body: PinRequest) =>
  request<SampleList>('PUT', at(workspace, flow, node), { body })
export const unpin = (workspace: string, flow: string, node: string) =>
  request<void>('DELETE', at(workspace, flow, node))

/** Records that are pinned to a step; undefined where none are, or one may not see them. */
export function usePinned(node: string): Sample | undefined {
  const { workspace, flowId } = useEditor()
  const { may } = useRights(workspace)
  const samples = useQuery({ ...samplesQuery(workspace, flowId), enabled: may('payloads.read') })
  const pinned = samples.data?.items.find((one) => one.node === node && one.kind === 'pinned')
  const content = useQuery({
    queryKey: [workspace, 'flows', flowId, 'samples', node, pinned?.at],
    queryFn: ({ signal }) => request<Sample>('GET', at(workspace, flowId, node), { signal }),
    enabled: pinned !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return pinned ? content.data : undefined
}
