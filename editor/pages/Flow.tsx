import { Button, Tabs } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import type { Flow as Document } from '../../server/flow/flow.ts'
import { Bindings } from '../flow/Bindings.tsx'
import { FlowSwitch } from '../flow/FlowSwitch.tsx'
import { Outline } from '../flow/Outline.tsx'
import { operationsOf } from '../flow/operations.ts'
import { Problems } from '../flow/Problems.tsx'
import { Publish } from '../flow/Publish.tsx'
import { RunNow } from '../flow/RunNow.tsx'
import { Versions } from '../flow/Versions.tsx'
import { countOf } from '../format/number.ts'
import { effectsOf } from '../outline.ts'
import { Banner } from '../parts/Banner.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { catalogQuery, draftQuery, flowQuery, problemsQuery, runsQuery, versionQuery } from '../queries.ts'
import { RunTable } from '../run/RunTable.tsx'
import { FLOW_TABS } from '../search.ts'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { sayHealth } from '../words.ts'
import classes from './Flow.module.css'

const route = getRouteApi('/w/$workspace/flows/$flow')

export function Flow() {
  const { workspace, flow: id } = route.useParams()
  const flow = useQuery(flowQuery(workspace, id))
  const above = (
    <Link to="/w/$workspace/flows" params={{ workspace }}>
      Flows
    </Link>
  )
  if (flow.data === undefined) {
    return (
      <Page title="Flow" above={above}>
        <Loaded query={flow}>{() => null}</Loaded>
      </Page>
    )
  }
  return <OneFlow workspace={workspace} flow={flow.data} above={above} />
}

function OneFlow({ workspace, flow, above }: { workspace: string; flow: FlowView; above: ReactNode }) {
  const { tab = 'steps', version, step } = route.useSearch()
  const navigate = route.useNavigate()
  const { may, role } = useRights(workspace)
  const draft = useQuery(draftQuery(workspace, flow.id))
  const chosen = useQuery({ ...versionQuery(workspace, flow.id, version ?? 0), enabled: version !== undefined })
  const problems = useQuery({ ...problemsQuery(workspace, flow.id), enabled: may('flows.edit') })
  const shown = version === undefined ? draft : chosen
  return (
    <Page
      title={flow.name}
      above={above}
      beside={<StateBadge {...sayHealth(flow, role)} />}
      sentence={<Sentence document={draft.data?.document} />}
      actions={
        <>
          <FlowSwitch workspace={workspace} flow={flow} />
          <RunNow workspace={workspace} flow={flow} />
          {draft.data ? <Export document={shown.data?.document ?? draft.data.document} version={version} /> : null}
          {may('flows.publish') && (flow.draft.changed || flow.liveVersion === null) ? (
            <Publish workspace={workspace} flow={flow} problems={problems.data?.problems} />
          ) : null}
        </>
      }
    >
      {flow.paused ? (
        <Banner tone="attention" title="It stopped and waits for you">
          <p>{flow.paused.message} Then turn it on again.</p>
        </Banner>
      ) : null}
      <Standing flow={flow} />
      <Tabs
        value={tab}
        onChange={(next) =>
          navigate({ search: { tab: FLOW_TABS.find((name) => name === next) ?? 'steps' }, resetScroll: false })
        }
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="steps">Steps</Tabs.Tab>
          <Tabs.Tab value="connections">Connections</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="steps" className={classes.panel}>
          <Steps workspace={workspace} flow={flow} version={version} step={step} />
        </Tabs.Panel>
        <Tabs.Panel value="connections" className={classes.panel}>
          <Bindings workspace={workspace} flow={flow.id} on={flow.enabled} />
        </Tabs.Panel>
        <Tabs.Panel value="versions" className={classes.panel}>
          <Versions workspace={workspace} flow={flow.id} shown={version} />
        </Tabs.Panel>
        <Tabs.Panel value="runs" className={classes.panel}>
          <LastRuns workspace={workspace} flow={flow.id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

function Sentence({ document }: { document: Document | undefined }) {
  const catalog = useQuery(catalogQuery)
  if (document === undefined || catalog.data === undefined) return null
  if (document.description !== '') return <>{document.description}</>
  const effects = effectsOf(document, operationsOf(catalog.data))
  const parts = [...effects.reads.map((read) => read.title), ...effects.writes.map((write) => write.title)]
  return <>{parts.join(' → ')}</>
}

/** The few facts a person looks for first. */
function Standing({ flow }: { flow: FlowView }) {
  return (
    <dl className={classes.standing}>
      <div>
        <dt>Live</dt>
        <dd>{flow.liveVersion === null ? 'Nothing yet' : `Version ${flow.liveVersion}`}</dd>
      </div>
      <div>
        <dt>Draft</dt>
        <dd>
          {flow.liveVersion !== null && !flow.draft.changed ? (
            'Same as live'
          ) : (
            <>
              {flow.liveVersion === null ? 'Not published' : 'Differs from live'}
              <span className="muted">
                {' · saved '}
                <When at={flow.draft.at} />
                {flow.draft.by ? ` by ${flow.draft.by}` : ''}
              </span>
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>Last run</dt>
        <dd>
          <When at={flow.lastRun?.createdAt} empty="Never" />
        </dd>
      </div>
      <div>
        <dt>Next run</dt>
        <dd>
          <When at={flow.nextDue} empty={flow.enabled ? 'When started by hand' : 'None while off'} />
        </dd>
      </div>
    </dl>
  )
}

function Steps(props: { workspace: string; flow: FlowView; version: number | undefined; step: string | undefined }) {
  const { workspace, flow, version, step } = props
  const { may } = useRights(workspace)
  const catalog = useQuery(catalogQuery)
  const draft = useQuery({ ...draftQuery(workspace, flow.id), enabled: version === undefined })
  const chosen = useQuery({ ...versionQuery(workspace, flow.id, version ?? 0), enabled: version !== undefined })
  // Problems are those of the draft; a published version had none that count.
  const problems = useQuery({
    ...problemsQuery(workspace, flow.id),
    enabled: version === undefined && may('flows.edit'),
  })
  const document = version === undefined ? draft.data?.document : chosen.data?.document
  const error = (version === undefined ? draft.error : chosen.error) ?? catalog.error
  useEffect(() => {
    // A link to one step leads to it, once it is there.
    if (step !== undefined && document !== undefined && catalog.data !== undefined) {
      window.document.getElementById(`step-${step}`)?.scrollIntoView({ block: 'center' })
    }
  }, [step, document, catalog.data])
  const query = {
    data: document && catalog.data ? { document, operations: operationsOf(catalog.data) } : undefined,
    error,
    refetch: () => Promise.all([catalog.refetch(), version === undefined ? draft.refetch() : chosen.refetch()]),
  }
  const found = problems.data?.problems ?? []
  return (
    <>
      {version === undefined ? null : (
        <Banner
          tone="off"
          title={`You look at version ${version}`}
          action={
            <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: flow.id }} search={{ tab: 'steps' }}>
              Back to the draft
            </Link>
          }
        >
          {chosen.data ? (
            <p>
              {chosen.data.summary} <span className="muted">Published by {chosen.data.author}, </span>
              <When at={chosen.data.createdAt} />
            </p>
          ) : null}
        </Banner>
      )}
      <Loaded query={query}>
        {({ document: shown, operations }) => (
          <>
            {found.length > 0 ? (
              <Banner
                tone={found.some((problem) => problem.severity === 'error') ? 'failed' : 'attention'}
                title={sayProblems(found)}
              >
                {found.some((problem) => problem.severity === 'error') ? (
                  <p>Errors keep the draft from being published.</p>
                ) : null}
                <Problems problems={found.filter((problem) => !shown.nodes.some((node) => node.id === problem.node))} />
              </Banner>
            ) : null}
            <Outline
              document={shown}
              operations={operations}
              step={step}
              problems={(node) => <Problems problems={found.filter((problem) => problem.node === node)} />}
            />
          </>
        )}
      </Loaded>
    </>
  )
}

function sayProblems(problems: readonly { readonly severity: string }[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const warnings = problems.length - errors
  const parts = [
    ...(errors > 0 ? [countOf(errors, 'error')] : []),
    ...(warnings > 0 ? [countOf(warnings, 'warning')] : []),
  ]
  return `The draft has ${parts.join(' and ')}, marked at the steps`
}

function LastRuns({ workspace, flow }: { workspace: string; flow: string }) {
  return (
    <>
      <RunTable workspace={workspace} filters={{ flow }} options={runsQuery(workspace, { flow, limit: 10 })} />
      <p>
        <Link to="/w/$workspace/runs" params={{ workspace }} search={{ flow }}>
          All runs of this flow
        </Link>
      </p>
    </>
  )
}

/** The document as a file, as `import` takes it. */
function Export({ document, version }: { document: Document; version: number | undefined }) {
  const save = (): void => {
    const address = URL.createObjectURL(
      new Blob([`${JSON.stringify(document, null, 2)}\n`], { type: 'application/json' }),
    )
    const link = window.document.createElement('a')
    link.href = address
    const name = document.name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
    link.download = `${name || 'flow'}${version === undefined ? '' : `-v${version}`}.json`
    link.click()
    URL.revokeObjectURL(address)
  }
  return (
    <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} onClick={save}>
      Export
    </Button>
  )
}
