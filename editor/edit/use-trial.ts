import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { DryRunRequest } from '../../server/contract/run-starts.ts'
import type { RunView } from '../../server/contract/runs.ts'
import * as api from '../api.ts'
import { underWay } from '../queries.ts'
import { useEditor } from './context.ts'

/** Between two looks at a run that is under way, in milliseconds. */
const LOOK_MS = 700

/** A dry run of the draft as it stands, waited for until it has ended, is paused, or the dialog goes away. */
export function useTrial(onDone?: (run: RunView) => void) {
  const { workspace, flowId, session } = useEditor()
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ signal, ...body }: DryRunRequest & { signal: AbortSignal }): Promise<RunView> => {
      if (body.of === 'draft') await session.flush()
      let run = await api.dryRun(workspace, flowId, body)
      while (underWay(run.state) && !signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
        run = await api.run(workspace, run.id, { signal })
      }
      return run
    },
    onSuccess: async (run) => {
      await client.invalidateQueries({ queryKey: [workspace, 'runs', 'samples', flowId] })
      onDone?.(run)
    },
  })
}
