import { DryRunRequest } from '../../../server/contract/run-starts.ts'
import { RunView } from '../../../server/contract/runs.ts'
import type { Route } from './route.ts'

// What is tried without sending ends at once, as a run that is there already: its trace is the scene's.

export const trialRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/workspaces/:workspace/flows/:flow/dry-run',
    schema: RunView,
    body: DryRunRequest,
    answer: (scene) => ({ ...scene.runs.find(({ state }) => state === 'partly'), dry: true, version: -77 }),
  },
]
