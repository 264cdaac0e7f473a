import { DryRunRequest } from '../../../server/contract/run-starts.ts'
import { RunView } from '../../../server/contract/runs.ts'
import { PinRequest, Sample, SampleList } from '../../../server/contract/samples.ts'
import type { Params, Route } from './route.ts'

// What is tried without sending ends at once, as a run that is there already: its trace is the scene's.

export const trialRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/workspaces/:workspace/flows/:flow/dry-run',
    schema: RunView,
    body: DryRunRequest,
    answer: (scene) => ({ ...scene.runs.find(({ state }) => state === 'partly'), dry: true, version: -77 }),
  },
  {
    method: 'GET',
    path: '/workspaces/:workspace/flows/:flow/samples',
    schema: SampleList,
    answer: (scene) => ({ items: scene.samples.map(({ inputs: _, ...sample }) => sample) }),
  },
  {
    method: 'GET',
    path: '/workspaces/:workspace/flows/:flow/samples/:node',
    schema: Sample,
    answer: (scene, { params }) => scene.samples.find(({ node }) => node === params['node']),
  },
  {
    method: 'PUT',
    path: '/workspaces/:workspace/flows/:flow/samples/:node',
    schema: SampleList,
    body: PinRequest,
    answer: (scene, { params, body }: { readonly params: Params; readonly body: PinRequest }) => {
      const records = Object.values(body.inputs).flat().length
      const kept = { node: params['node'] ?? '', kind: 'pinned' as const, records, run: body.run ?? null }
      scene.samples = [
        { ...kept, inputs: body.inputs, author: 'Jana Weiss', at: new Date().toISOString(), basis: null },
      ]
      return { items: scene.samples.map(({ inputs: _, ...sample }) => sample) }
    },
  },
]
