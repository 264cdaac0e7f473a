import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useMemo } from 'react'
import { FlowCanvas } from '../canvas/FlowCanvas.tsx'
import { operationsOf } from '../flow/operations.ts'
import { sayCount } from '../format/number.ts'
import { sayLength } from '../format/time.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { catalogQuery, runQuery, runStepsQuery, versionQuery } from '../queries.ts'
import { LivePaused } from '../run/LivePaused.tsx'
import { overlayOf } from '../run/overlay.ts'
import { useLive } from '../run/use-live.ts'
import { sayCountName, sayRunState, sayVersion } from '../words.ts'
import classes from './Canvases.module.css'
import { Page } from '../shell/Page.tsx'

const route = getRouteApi('/w/$workspace/runs/$run/canvas')

/** A run drawn on the very version that it ran, live while it runs; a click on a step shows what it did. */
export function RunCanvas() {
  const { workspace, run: id } = route.useParams()
  const { step } = route.useSearch()
  const navigate = route.useNavigate()
  const run = useQuery(runQuery(workspace, id))
  const live = useLive(workspace, run.data)
  const catalog = useQuery(catalogQuery)
  const version = useQuery({
    ...versionQuery(workspace, run.data?.flow.id ?? '', run.data?.version ?? 0),
    enabled: run.data !== undefined,
  })
  const steps = useQuery({
    ...runStepsQuery(workspace, run.data ?? ({ id, state: 'queued' } as NonNullable<typeof run.data>)), // asked only when it is there
    enabled: run.data !== undefined,
  })
  const operations = useMemo(() => (catalog.data ? operationsOf(catalog.data) : undefined), [catalog.data])
  const overlay = useMemo(
    () => (run.data && version.data ? overlayOf(run.data, steps.data?.items ?? [], version.data.document) : undefined),
    [run.data, steps.data, version.data],
  )
  useEffect(() => {
    document.title = 'Run on the canvas · Tieline'
  }, [])
  if (!run.data || !version.data || !operations || !overlay) {
    return (
      <Page
        title="Run on the canvas"
        above={
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: id }}>
            Run
          </Link>
        }
      >
        <Loaded query={run.data ? (version.data ? catalog : version) : run}>{() => null}</Loaded>
      </Page>
    )
  }
  const chosen = steps.data?.items.find((one) => one.node === step)
  const node = version.data.document.nodes.find((one) => one.id === step)
  return (
    <div className={classes.page} data-mode="run">
      <header className={classes.top}>
        <div>
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: id }}>
            Run
          </Link>
          <h1>{run.data.flow.name}</h1>
          <StateBadge {...sayRunState(run.data)} />
          {live ? null : <LivePaused />}
          <span className="muted">
            {sayVersion(run.data.version)} · <When at={run.data.createdAt} />
            {run.data.dry ? ' · nothing is sent' : ''}
          </span>
        </div>
        <ButtonLink
          variant="default"
          to="/w/$workspace/flows/$flow/edit"
          params={{ workspace, flow: run.data.flow.id }}
          search={{ sample: id, ...(step ? { step, tab: 'input' as const } : {}) }}
        >
          Use this run’s data in the editor
        </ButtonLink>
      </header>
      <div className={classes.body}>
        <div className={classes.middle}>
          <FlowCanvas
            flow={version.data.document}
            operations={operations}
            overlay={overlay}
            label={`Run of ${sayVersion(run.data.version)}`}
            step={step}
            onStep={(next) => void navigate({ search: { step: next }, resetScroll: false })}
            minimap
          />
        </div>
        {node ? (
          <aside className={classes.aside} aria-label={`Step ${node.name}`}>
            <h2>{node.name}</h2>
            <p className="muted">{overlay.steps.get(node.id)?.word}</p>
            {chosen ? (
              <>
                <dl>
                  {Object.entries(chosen.counts)
                    .filter(([, count]) => count !== 0)
                    .map(([name, count]) => (
                      <div key={name}>
                        <dt>{sayCountName(name)}</dt>
                        <dd className="number">{sayCount(count)}</dd>
                      </div>
                    ))}
                  <div>
                    <dt>Calls</dt>
                    <dd className="number">
                      {sayCount(chosen.calls)}
                      {chosen.retries > 0 ? `, ${sayCount(chosen.retries)} tried again` : ''}
                    </dd>
                  </div>
                  <div>
                    <dt>Worked</dt>
                    <dd className="number">{sayLength(chosen.workingMs)}</dd>
                  </div>
                  <div>
                    <dt>Waited</dt>
                    <dd className="number">{sayLength(chosen.waitingMs)}</dd>
                  </div>
                </dl>
                <Link to="/w/$workspace/runs/$run" params={{ workspace, run: id }} search={{ step: node.id }}>
                  Its batches and records
                </Link>
              </>
            ) : (
              <p>Nothing came here in this run.</p>
            )}
          </aside>
        ) : null}
      </div>
    </div>
  )
}
