import { Button, Checkbox, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Viewport } from '@xyflow/react'
import { useEffect, useMemo, useState } from 'react'
import type { Flow } from '../../server/flow/document/flow.ts'
import { FlowCanvas } from '../canvas/FlowCanvas.tsx'
import { ChangeList } from '../compare/ChangeList.tsx'
import { changesOf } from '../compare/changes.ts'
import { EMPTY_FLOW } from '../compare/empty.ts'
import { marksOf } from '../compare/marks.ts'
import { operationsOf } from '../flow/operations.ts'
import { countOf } from '../format/number.ts'
import { Loaded } from '../parts/Loaded.tsx'
import { catalogQuery, draftQuery, flowQuery, versionQuery, versionsQuery } from '../queries.ts'
import { Page } from '../shell/Page.tsx'
import classes from './Canvases.module.css'

const route = getRouteApi('/w/$workspace/flows/$flow/compare')

/** Two versions side by side, moving together: what was added, removed and changed, and nothing of what only moved. */
export function Compare() {
  const { workspace, flow: id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const flow = useQuery(flowQuery(workspace, id))
  const versions = useQuery(versionsQuery(workspace, id))
  const catalog = useQuery(catalogQuery)
  const live = flow.data?.liveVersion
  const [a, b] = [search.a ?? 'live', search.b ?? 'draft']
  const before = useDocument(workspace, id, a, live)
  const after = useDocument(workspace, id, b, live)
  const operations = useMemo(() => (catalog.data ? operationsOf(catalog.data) : undefined), [catalog.data])
  const withMoved = search.moved === 'show'
  const changes = useMemo(
    () =>
      before.data && after.data
        ? changesOf(before.data, after.data).filter((change) => withMoved || change.kind !== 'moved')
        : [],
    [before.data, after.data, withMoved],
  )
  const marks = useMemo(() => marksOf(changes), [changes])
  const [viewport, setViewport] = useState<Viewport>()
  const current = changes.find((change) => change.id === search.change)
  const go = (by: number) => {
    const at = current ? changes.indexOf(current) : by > 0 ? -1 : 0
    const next = changes[(at + by + changes.length) % changes.length]
    if (next) void navigate({ search: (old) => ({ ...old, change: next.id }), resetScroll: false, replace: true })
  }
  useEffect(() => {
    document.title = 'Compare · Tieline'
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'F7') return
      event.preventDefault()
      go(event.shiftKey ? -1 : 1)
    }
    window.addEventListener('keydown', key)
    return () => window.removeEventListener('keydown', key)
  })
  const say = (which: string): string =>
    which === 'draft' ? 'Draft' : which === 'live' ? `Live${live ? `: version ${live}` : ''}` : `Version ${which}`
  const waiting: { data: unknown; error: unknown; refetch: () => unknown } =
    [flow, before, after, catalog].find((query) => query.data === undefined) ?? catalog
  if (!before.data || !after.data || !operations) {
    return (
      <Page
        title="Compare"
        above={
          <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: id }} search={{ tab: 'versions' }}>
            Versions
          </Link>
        }
      >
        <Loaded query={waiting}>{() => null}</Loaded>
      </Page>
    )
  }
  const choices = [
    { value: 'draft', label: 'Draft' },
    ...(live ? [{ value: 'live', label: `Live: version ${live}` }] : []),
    ...(versions.data?.items ?? []).map((one) => ({
      value: String(one.number),
      label: `Version ${one.number}: ${one.summary}`,
    })),
  ]
  const choose = (side: 'a' | 'b', label: string) => (
    <Select
      className={classes.choice}
      aria-label={label}
      size="xs"
      data={choices}
      value={side === 'a' ? a : b}
      onChange={(next) =>
        void navigate({
          search: ({ change: _, ...old }) => ({ ...old, [side]: next ?? undefined }),
          resetScroll: false,
        })
      }
    />
  )
  return (
    <div className={classes.page} data-mode="compare">
      <header className={classes.top}>
        <div>
          <Link to="/w/$workspace/flows/$flow/edit" params={{ workspace, flow: id }}>
            Edit
          </Link>
          <h1>Compare {flow.data?.name}</h1>
          {choose('a', 'Before')}
          <span className={classes.between} aria-hidden>
            →
          </span>
          {choose('b', 'After')}
        </div>
      </header>
      <div className={classes.body}>
        <aside className={classes.list} aria-label="Changes">
          <div className={classes.tools}>
            <Button size="compact-sm" variant="default" disabled={changes.length === 0} onClick={() => go(-1)}>
              Previous
            </Button>
            <Button size="compact-sm" variant="default" disabled={changes.length === 0} onClick={() => go(1)}>
              Next
            </Button>
            <span className="muted" role="status">
              {changes.length === 0
                ? `${say(a)} and ${say(b)} do the same.`
                : current
                  ? `${changes.indexOf(current) + 1} of ${changes.length}`
                  : countOf(changes.length, 'change')}
            </span>
          </div>
          <Checkbox
            size="xs"
            mb="sm"
            label="Show steps that only stand elsewhere"
            checked={withMoved}
            onChange={(event) => {
              const on = event.currentTarget.checked
              void navigate({
                search: ({ moved: _, ...old }) => (on ? { ...old, moved: 'show' as const } : old),
                resetScroll: false,
              })
            }}
          />
          <ChangeList
            changes={changes}
            current={search.change}
            onPick={(change) =>
              void navigate({ search: (old) => ({ ...old, change: change.id }), resetScroll: false, replace: true })
            }
          />
        </aside>
        <div className={classes.sides}>
          {(
            [
              [a, before.data, marks.before],
              [b, after.data, marks.after],
            ] as const
          ).map(([which, document, shown], side) => (
            <section key={side === 0 ? 'before' : 'after'} aria-label={say(which)}>
              <h2>{say(which)}</h2>
              <FlowCanvas
                flow={document}
                operations={operations}
                marks={shown}
                label={say(which)}
                step={current?.node}
                viewport={viewport}
                onViewport={setViewport}
              />
            </section>
          ))}
        </div>
      </div>
    </div>
  )
}

/** The document of a version by number, of the live one, or the draft. */
function useDocument(workspace: string, flow: string, which: string, live: number | null | undefined) {
  const number = which === 'live' ? (live ?? undefined) : which === 'draft' ? undefined : Number(which)
  const draft = useQuery({ ...draftQuery(workspace, flow), enabled: which === 'draft' })
  const version = useQuery({ ...versionQuery(workspace, flow, number ?? 0), enabled: number !== undefined })
  const none = which === 'live' && live === null
  const data: Flow | undefined = none ? EMPTY_FLOW : which === 'draft' ? draft.data?.document : version.data?.document
  return {
    data,
    error: which === 'draft' ? draft.error : version.error,
    refetch: () => (which === 'draft' ? draft.refetch() : version.refetch()),
  }
}
