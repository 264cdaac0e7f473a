import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useMemo } from 'react'
import { FlowCanvas } from '../canvas/FlowCanvas.tsx'
import { operationsOf } from '../flow/operations.ts'
import { RollBack } from '../flow/RollBack.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { catalogQuery, flowQuery, versionQuery } from '../queries.ts'
import { Page } from '../shell/Page.tsx'
import { SettingList } from '../step/SettingList.tsx'
import classes from './Canvases.module.css'

const route = getRouteApi('/w/$workspace/flows/$flow/versions/$number/canvas')

/** A published version as it was drawn. It never changes. */
export function VersionCanvas() {
  const { workspace, flow: id, number } = route.useParams()
  const { step } = route.useSearch()
  const navigate = route.useNavigate()
  const flow = useQuery(flowQuery(workspace, id))
  const version = useQuery(versionQuery(workspace, id, Number(number)))
  const catalog = useQuery(catalogQuery)
  const operations = useMemo(() => (catalog.data ? operationsOf(catalog.data) : undefined), [catalog.data])
  useEffect(() => {
    document.title = `Version ${number} · Tieline`
  }, [number])
  if (!version.data || !flow.data || !operations) {
    return (
      <Page
        title={`Version ${number}`}
        above={
          <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: id }} search={{ tab: 'versions' }}>
            Versions
          </Link>
        }
      >
        <Loaded query={version.data ? (flow.data ? catalog : flow) : version}>{() => null}</Loaded>
      </Page>
    )
  }
  const node = version.data.document.nodes.find((one) => one.id === step)
  return (
    <div className={classes.page}>
      <header className={classes.top}>
        <div>
          <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: id }} search={{ tab: 'versions' }}>
            Versions
          </Link>
          <h1>
            {flow.data.name}, version {version.data.number}
            {version.data.live ? ' (live)' : ''}
          </h1>
          <span className="muted">
            {version.data.summary} · {version.data.author} · <When at={version.data.createdAt} />
          </span>
        </div>
        <div>
          <ButtonLink
            variant="default"
            to="/w/$workspace/flows/$flow/compare"
            params={{ workspace, flow: id }}
            search={{ a: String(version.data.number), b: 'live' }}
          >
            Compare with live
          </ButtonLink>
          {version.data.live ? null : <RollBack workspace={workspace} flow={flow.data} version={version.data} />}
        </div>
      </header>
      <div className={classes.body}>
        <div className={classes.middle}>
          <FlowCanvas
            flow={version.data.document}
            operations={operations}
            label={`Version ${number}`}
            step={step}
            onStep={(next) => void navigate({ search: { step: next }, resetScroll: false })}
            minimap
          />
        </div>
        {node ? (
          <aside className={classes.aside} aria-label={`Step ${node.name}`}>
            <h2>{node.name}</h2>
            <p className="muted">{operations.get(node.operation)?.summary}</p>
            <SettingList node={node} info={operations.get(node.operation)} />
          </aside>
        ) : null}
      </div>
    </div>
  )
}
