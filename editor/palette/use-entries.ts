import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import * as api from '../api.ts'
import { sayWhen } from '../format/time.ts'
import { connectionsQuery, flowsQuery, sessionQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { CONNECTION_WORDS, sayRunState } from '../words.ts'
import { pagesOf } from './pages.ts'
import { type Entry, offered } from './store.ts'
import { homeOf } from '../shell/home-of.ts'

/** Runs that are listed by themselves; any other is reached by its id. */
const RUNS = 20
const RUN_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Everything that can be gone to from here: what the page offers, then pages, flows, connections, runs, workspaces. */
export function useEntries(workspace: string, typed: string): readonly Entry[] {
  const navigate = useNavigate()
  const { flow } = useParams({ strict: false })
  const { may } = useRights(workspace)
  const flows = useQuery(flowsQuery(workspace)).data?.items
  const connections = useQuery(connectionsQuery(workspace)).data?.items
  const session = useQuery(sessionQuery).data
  // Of the flow that one is at, else of all.
  const runs = useQuery({
    queryKey: [workspace, 'runs', 'palette', flow ?? 'all'],
    queryFn: ({ signal }) => api.runs(workspace, { ...(flow ? { flow } : {}), limit: RUNS }, { signal }),
    staleTime: 10_000,
  }).data?.items
  const [near] = useState(offered)
  const now = new Date()
  const key = typed.trim()
  const entries: Entry[] = [
    ...near,
    ...pagesOf(may).map(({ to, title, search }) => ({
      id: `page ${title}`,
      title,
      note: 'Page',
      go: () => void navigate({ to, params: { workspace }, search: search ?? {} }),
    })),
    ...(flows ?? []).flatMap(({ id, name }) => [
      {
        id: `flow ${id}`,
        title: name,
        note: 'Flow',
        go: () => void navigate({ to: '/w/$workspace/flows/$flow', params: { workspace, flow: id } }),
      },
      {
        id: `edit ${id}`,
        title: `${may('flows.edit') ? 'Edit' : 'Look at'} “${name}”`,
        note: 'Flow on the canvas',
        go: () => void navigate({ to: '/w/$workspace/flows/$flow/edit', params: { workspace, flow: id } }),
      },
    ]),
    ...(connections ?? []).map(({ id, name, state }) => ({
      id: `connection ${id}`,
      title: name,
      note: `Connection · ${CONNECTION_WORDS[state].word}`,
      go: () => void navigate({ to: '/w/$workspace/connections/$connection', params: { workspace, connection: id } }),
    })),
    ...(runs ?? []).map((run) => ({
      id: `run ${run.id}`,
      title: `${run.flow.name}: run ${sayWhen(new Date(run.createdAt), now)}`,
      note: `Run · ${sayRunState(run).word}`,
      go: () => void navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: run.id } }),
    })),
    ...(session?.workspaces ?? [])
      .filter((own) => own.id !== workspace)
      .map((own) => ({
        id: `workspace ${own.id}`,
        title: own.name,
        note: 'Workspace',
        go: () => void navigate({ to: homeOf(own.role), params: { workspace: own.id } }),
      })),
  ]
  if (key === '') return entries
  const record: Entry = {
    id: 'record',
    title: `What happened to “${key}”`,
    note: 'Record',
    go: () => void navigate({ to: '/w/$workspace/records', params: { workspace }, search: { key } }),
  }
  const run: Entry = {
    id: 'run by id',
    title: `Run ${key}`,
    note: 'Run',
    go: () => void navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: key.toLowerCase() } }),
  }
  return RUN_ID.test(key) ? [run, ...entries, record] : [...entries, record]
}
