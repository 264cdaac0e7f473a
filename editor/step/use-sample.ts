import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { RunView } from '../../server/contract/runs.ts'
import { changedSince } from '../../server/flow/document/basis.ts'
import * as api from '../api.ts'
import { useDraft, useEditor } from '../edit/context.ts'
import { type SamplePath, samplePaths } from '../expression/sample-paths.ts'
import { flowTemplateQuery, templateQuery, versionQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { usePinned } from './pinned.ts'

const route = getRouteApi('/w/$workspace/flows/$flow/edit')

/** Records of an earlier run, at one place of the flow. */
export type Sample = {
  readonly records: readonly unknown[]
  readonly paths: readonly SamplePath[]
  readonly run: RunView | undefined
  readonly loading: boolean
  /** Names of steps, on the way or the step itself, that are otherwise now than when the records were taken. */
  readonly stale: readonly string[]
  readonly hidden: boolean
  /** The runs, or the records of one, did not load. */
  readonly failed?: { readonly error: unknown; readonly again: () => void } | undefined
  /** Title of the prebuilt flow whose own samples these are, as long as nothing has run. */
  readonly shippedBy?: string
}

/** Enough to try expressions on; the whole stands in the run. */
const RECORDS = 20
/** An expression cannot be tried on what is hidden. Stands in the audit log with who it was. */
const REASON = 'Sample while drawing the flow'
/** Runs that are looked through for records of a step. */
const LENDERS = 8
const GOOD = new Set(['succeeded', 'partly'])
const ENDED = new Set(['succeeded', 'partly', 'failed', 'cancelled'])

/** Runs that samples can come from, newest first, and the one that is chosen: by the address, pinned, or the last good one. */
export function useSampleRuns() {
  const { workspace, flowId } = useEditor()
  const { sample } = route.useSearch()
  const { may } = useRights(workspace)
  const runs = useQuery({
    queryKey: [workspace, 'runs', 'samples', flowId],
    queryFn: ({ signal }) => api.runs(workspace, { flow: flowId, limit: 20 }, { signal }),
    enabled: may('payloads.read'),
    staleTime: 30_000,
  })
  // The last good and the last failed are kept at hand however many have run since.
  const lastGood = useLast('succeeded')
  const lastPartly = useLast('partly')
  const lastFailed = useLast('failed')
  const listed = (runs.data?.items ?? []).filter((run) => run.state !== 'queued')
  const older = [lastGood, lastPartly, lastFailed].filter(
    (run) => run !== undefined && !listed.some(({ id }) => id === run.id),
  ) as RunView[]
  const items = [...listed, ...older.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))]
  const named = useQuery({
    queryKey: [workspace, 'runs', 'one', sample],
    queryFn: ({ signal }) => api.run(workspace, sample ?? '', { signal }),
    enabled: sample !== undefined && runs.data !== undefined && !items.some((run) => run.id === sample),
  })
  const good = items.find((run) => GOOD.has(run.state))
  const failed = items.find((run) => run.state === 'failed')
  const chosen =
    items.find((run) => run.id === sample) ??
    named.data ??
    good ??
    items.find((run) => ENDED.has(run.state)) ??
    items[0]
  // A run that read nothing, or tested another step alone, has no records here: then an earlier one lends its own.
  const lenders =
    sample === undefined ? [chosen, ...items.filter((run) => run !== chosen && GOOD.has(run.state))] : [chosen]
  const lending = lenders.filter((run) => run !== undefined).slice(0, LENDERS)
  const missed =
    runs.data === undefined && runs.error ? { error: runs.error, again: () => void runs.refetch() } : undefined
  return { items, good, failed, chosen, lending, loading: runs.isPending, hidden: !may('payloads.read'), missed }
}

/** The last run of the flow that ended so. */
function useLast(state: 'succeeded' | 'partly' | 'failed'): RunView | undefined {
  const { workspace, flowId } = useEditor()
  const { may } = useRights(workspace)
  const last = useQuery({
    queryKey: [workspace, 'runs', 'samples', flowId, state],
    queryFn: ({ signal }) => api.runs(workspace, { flow: flowId, state, limit: 1 }, { signal }),
    enabled: may('payloads.read'),
    staleTime: 30_000,
  })
  return last.data?.items[0]
}

/** What came to a step: what is pinned to it, else what left the steps before it. */
export function useSample(node: string, input?: string): Sample {
  const { session, operations } = useEditor()
  const edges = useDraft(session, ({ flow }) => flow.edges)
  const operation = useDraft(session, ({ flow }) => flow.nodes.find((one) => one.id === node)?.operation)
  const inputs = operations.get(operation ?? '')?.inputs
  const first = input ?? inputs?.[0] ?? 'in'
  const into = useMemo(() => edges.filter((edge) => edge.to === node && edge.input === first), [edges, node, first])
  const ran = useRecords(
    into.map((edge) => ({ node: edge.from, kind: `out:${edge.port}` })),
    node,
    'in',
  )
  const flow = useDraft(session, (snapshot) => snapshot.flow)
  const shipped = useShipped(node, ran.run === undefined && !ran.loading && first === inputs?.[0])
  const { sample } = route.useSearch()
  const pinned = usePinned(node)
  const records = pinned?.inputs[first]
  const paths = useMemo(() => samplePaths(records ?? NONE), [records])
  const basis = pinned?.basis ?? undefined
  const stale = useMemo(() => (basis ? changedSince(basis, flow, node, 'in') : NAMELESS), [basis, flow, node])
  // A run that somebody has chosen counts for more than what is pinned, and that for more than what is shipped.
  if (records !== undefined && sample === undefined)
    return { records, paths, run: ran.run, loading: false, stale, hidden: false }
  return shipped === undefined ? ran : { ...ran, ...shipped, hidden: false }
}

/** What the prebuilt flow brought to try the step with; undefined where a run has something better, or it brought nothing. */
function useShipped(node: string, wanted: boolean): Pick<Sample, 'records' | 'paths' | 'shippedBy'> | undefined {
  const { workspace, flowId } = useEditor()
  const made = useQuery({ ...flowTemplateQuery(workspace, flowId), enabled: wanted })
  const id = made.data?.template?.id
  const template = useQuery({ ...templateQuery(workspace, id ?? ''), enabled: wanted && id !== undefined })
  return useMemo(() => {
    const records = (template.data?.samples ?? []).filter((one) => one.node === node).map(({ record }) => record)
    if (!wanted || template.data === undefined || records.length === 0) return undefined
    return { records, paths: samplePaths(records), shippedBy: template.data.title }
  }, [template.data, node, wanted])
}

/** What left a step by one of its ways. */
export const useOutput = (node: string, kind: string): Sample => useRecords([{ node, kind }], node, 'out')

function useRecords(
  places: readonly { readonly node: string; readonly kind: string }[],
  step: string,
  of: 'in' | 'out',
): Sample {
  const { workspace, flowId, session } = useEditor()
  const { chosen, lending, loading, hidden, missed } = useSampleRuns()
  const key = places.map((place) => `${place.node} ${place.kind}`).join('|')
  const found = useQuery({
    queryKey: [workspace, 'runs', 'one', chosen?.id, 'sample', key, lending.map(({ id }) => id).join()],
    queryFn: async ({
      signal,
    }): Promise<{ readonly run: RunView | undefined; readonly records: readonly unknown[] }> => {
      for (const run of lending) {
        const records = await recordsOf(workspace, run.id, places, signal)
        if (records.length > 0) return { run, records }
      }
      return { run: chosen, records: NONE }
    },
    enabled: chosen !== undefined && places.length > 0 && !hidden,
    staleTime: Number.POSITIVE_INFINITY,
    // Records of megabytes are not compared with what was there before.
    structuralSharing: false,
    retry: false,
  })
  const run = found.data?.run ?? chosen
  const version = useQuery({ ...versionQuery(workspace, flowId, run?.version ?? 0), enabled: run !== undefined })
  const flow = useDraft(session, (snapshot) => snapshot.flow)
  const stale = useMemo(() => {
    const then = version.data?.document
    return then === undefined ? NAMELESS : changedSince(then, flow, step, of)
  }, [version.data, flow, step, of])
  const records = found.data?.records ?? NONE
  const paths = useMemo(() => samplePaths(records), [records])
  const failed = found.error ? { error: found.error, again: () => void found.refetch() } : missed
  return { records, paths, run, loading: loading || found.isLoading, stale, hidden, failed }
}

/** What left steps in a run, by the ways that lead on. */
async function recordsOf(
  workspace: string,
  run: string,
  places: readonly { readonly node: string; readonly kind: string }[],
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const records: unknown[] = []
  for (const place of places) {
    if (records.length >= RECORDS) break
    const { items } = await api.runBatches(workspace, run, { node: place.node, limit: 50 }, { signal })
    const step = items.find((one) => one.payloads.includes(place.kind) && hasSome(one.counts, place.kind))
    if (step === undefined) continue
    const at = { node: place.node, batch: step.batch, kind: place.kind, limit: RECORDS - records.length }
    records.push(...(await api.reveal(workspace, run, { ...at, reason: REASON }, { signal })).records)
  }
  return records
}

const NONE: readonly unknown[] = []
const NAMELESS: readonly string[] = []

function hasSome(counts: { readonly [name: string]: number }, kind: string): boolean {
  const port = kind.slice(kind.indexOf(':') + 1)
  return counts[port] === undefined || counts[port] > 0
}
