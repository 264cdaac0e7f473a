import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import type { Flow as Document } from '../../server/flow/document/flow.ts'
import { AskedFor } from '../approval/AskedFor.tsx'
import { AutomationSwitch } from '../automation/AutomationSwitch.tsx'
import { TurnOnNote } from '../automation/TurnOnNote.tsx'
import { Answers } from '../flow/Answers.tsx'
import { Backfills } from '../flow/Backfills.tsx'
import { Bindings } from '../flow/Bindings.tsx'
import { saveFlow } from '../flow/export.ts'
import { Clients } from '../client/Clients.tsx'
import { MadeOf } from '../client/MadeOf.tsx'
import { FlowSwitch } from '../flow/FlowSwitch.tsx'
import { Hooks } from '../flow/Hooks.tsx'
import { Kept } from '../flow/Kept.tsx'
import { MoreActions } from '../flow/MoreActions.tsx'
import { operationsOf } from '../flow/operations.ts'
import { RunNow } from '../flow/RunNow.tsx'
import { Schedule } from '../flow/Schedule.tsx'
import { Steps } from '../flow/Steps.tsx'
import { TemplateNews } from '../flow/TemplateNews.tsx'
import { Versions } from '../flow/Versions.tsx'
import { effectsOf } from '../outline.ts'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { catalogQuery, draftQuery, flowQuery, runsQuery, versionQuery } from '../queries.ts'
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
  const { tab = 'steps', version, step, hook, event } = route.useSearch()
  const navigate = route.useNavigate()
  const { may, role } = useRights(workspace)
  const draft = useQuery(draftQuery(workspace, flow.id))
  const chosen = useQuery({ ...versionQuery(workspace, flow.id, version ?? 0), enabled: version !== undefined })
  const document = chosen.data?.document ?? draft.data?.document
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
          <ButtonLink
            variant="default"
            to="/w/$workspace/flows/$flow/edit"
            params={{ workspace, flow: flow.id }}
            search={step ? { step } : {}}
          >
            {may('flows.edit') ? 'Edit' : 'Open the canvas'}
          </ButtonLink>
          {may('flows.publish') && (flow.draft.changed || flow.liveVersion === null) ? (
            <ButtonLink
              to="/w/$workspace/flows/$flow/edit"
              params={{ workspace, flow: flow.id }}
              search={{ ask: 'publish' }}
            >
              Publish…
            </ButtonLink>
          ) : null}
          <MoreActions
            workspace={workspace}
            flow={flow}
            onExport={document ? () => saveFlow(document, version) : undefined}
          />
        </>
      }
    >
      {flow.paused ? (
        <Banner
          tone="attention"
          title="It stopped and waits for you"
          action={
            flow.enabled && may('flows.switch') ? (
              <AutomationSwitch workspace={workspace} flow={{ ...flow, published: true }} again />
            ) : undefined
          }
        >
          <p>{flow.paused.message} When that is settled, turn it on again.</p>
        </Banner>
      ) : null}
      <TurnOnNote workspace={workspace} flow={{ ...flow, published: flow.liveVersion !== null }} />
      {may('flows.publish') ? (
        <AskedFor
          workspace={workspace}
          flow={{ id: flow.id, changed: flow.draft.changed || flow.liveVersion === null }}
        />
      ) : null}
      {may('flows.edit') ? <TemplateNews workspace={workspace} flow={flow.id} /> : null}
      <Standing workspace={workspace} flow={flow} />
      <Tabs
        value={tab}
        onChange={(next) =>
          navigate({ search: { tab: FLOW_TABS.find((name) => name === next) ?? 'steps' }, resetScroll: false })
        }
        keepMounted={false}
      >
        <Tabs.List className={classes.tabs} ref={(list) => showActive(list)}>
          <Tabs.Tab value="steps">Steps</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="connections">Connections</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="schedule">Schedule</Tabs.Tab>
          <Tabs.Tab value="backfills">Back-fills</Tabs.Tab>
          <Tabs.Tab value="kept">Kept</Tabs.Tab>
          {may('flows.edit') ? <Tabs.Tab value="clients">Clients</Tabs.Tab> : null}
          {may('hooks.read') ? <Tabs.Tab value="hooks">Hooks</Tabs.Tab> : null}
        </Tabs.List>
        <Tabs.Panel value="steps" className={classes.panel}>
          <Steps workspace={workspace} flow={flow} version={version} step={step} />
        </Tabs.Panel>
        <Tabs.Panel value="settings" className={classes.panel}>
          <Answers workspace={workspace} flow={flow.id} />
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
        <Tabs.Panel value="schedule" className={classes.panel}>
          <Schedule workspace={workspace} flow={flow.id} on={flow.enabled} published={flow.liveVersion !== null} />
        </Tabs.Panel>
        <Tabs.Panel value="backfills" className={classes.panel}>
          <Backfills workspace={workspace} flow={flow.id} />
        </Tabs.Panel>
        <Tabs.Panel value="kept" className={classes.panel}>
          <Kept workspace={workspace} flow={flow.id} />
        </Tabs.Panel>
        <Tabs.Panel value="clients" className={classes.panel}>
          <Clients workspace={workspace} flow={flow} />
        </Tabs.Panel>
        <Tabs.Panel value="hooks" className={classes.panel}>
          <Hooks workspace={workspace} flow={flow.id} open={hook && event ? { hook, event } : undefined} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

/** On a phone the tabs are one line that is pushed sideways; the open one has to be seen. */
function showActive(list: HTMLElement | null): void {
  const active = list?.querySelector<HTMLElement>('[data-active]')
  if (list && active && list.scrollWidth > list.clientWidth) list.scrollLeft = active.offsetLeft - 48
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
function Standing({ workspace, flow }: { workspace: string; flow: FlowView }) {
  return (
    <Facts>
      <MadeOf workspace={workspace} flow={flow.id} version={flow.liveVersion ?? undefined} />
      <Fact term="Live">{flow.liveVersion === null ? 'Nothing yet' : `Version ${flow.liveVersion}`}</Fact>
      <Fact term="Draft">
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
      </Fact>
      <Fact term="Last run">
        <When at={flow.lastRun?.createdAt} empty="Never" />
      </Fact>
      <Fact term="Next run">
        <When
          at={flow.nextDue}
          empty={flow.paused ? 'None while it is stopped' : flow.enabled ? 'When started by hand' : 'None while off'}
        />
      </Fact>
    </Facts>
  )
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
