import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { FlowView } from '../../server/contract/flows.ts'
import { FlowSwitch } from '../flow/FlowSwitch.tsx'
import { NewFlow } from '../flow/NewFlow.tsx'
import { NoFlows } from '../flow/NoFlows.tsx'
import { RunNow } from '../flow/RunNow.tsx'
import { countOf } from '../format/number.ts'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { SearchField } from '../parts/SearchField.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { flowsQuery } from '../queries.ts'
import { Page } from '../shell/Page.tsx'
import { useFirstRow } from '../shell/use-first-row.ts'
import { useRights } from '../shell/use-rights.ts'
import { RUN_WORDS, sayHealth } from '../words.ts'
import classes from './Flows.module.css'

const route = getRouteApi('/w/$workspace/flows')

export function Flows() {
  const { workspace } = route.useParams()
  useFirstRow()
  const { find = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const flows = useQuery(flowsQuery(workspace))
  const { may } = useRights(workspace)
  const setFind = (next: string) =>
    navigate({ search: next === '' ? {} : { find: next }, replace: true, resetScroll: false })
  return (
    <Page
      title="Flows"
      sentence={flows.data ? <Summary flows={flows.data.items} workspace={workspace} /> : null}
      // Here from the first paint, whatever is listed: it may be in use when that comes.
      actions={may('flows.edit') ? <NewFlow workspace={workspace} quiet={flows.data?.items.length === 0} /> : null}
    >
      <Loaded query={flows}>
        {({ items }) => {
          if (items.length === 0) return <NoFlows workspace={workspace} />
          const shown = items.filter((flow) => found(flow, find))
          return (
            <>
              {items.length > 8 || find !== '' || items.some((flow) => flow.tags.length > 0) ? (
                <SearchField
                  className={classes.find}
                  label="Find a flow by name or tag"
                  placeholder="Find a flow"
                  value={find}
                  onChange={setFind}
                />
              ) : null}
              {shown.length === 0 ? (
                <EmptyState
                  title={`No flow is called or tagged “${find}”`}
                  action={
                    <Button variant="default" onClick={() => setFind('')}>
                      Show all {items.length}
                    </Button>
                  }
                />
              ) : (
                <FlowTable workspace={workspace} flows={shown} />
              )}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

/** By its name, or one of its tags. */
const found = (flow: FlowView, find: string): boolean =>
  [flow.name, ...flow.tags].some((text) => text.toLowerCase().includes(find.trim().toLowerCase()))

function Summary({ flows, workspace }: { flows: readonly FlowView[]; workspace: string }) {
  const { role } = useRights(workspace)
  if (flows.length === 0) return null
  const waiting = flows.filter((flow) => sayHealth(flow, role).word === 'Needs you').length
  const on = flows.filter((flow) => flow.enabled).length
  if (waiting > 0) return <>{waiting === 1 ? '1 flow needs you.' : `${waiting} flows need you.`}</>
  if (on === 0) return <>{flows.length === 1 ? 'It is off.' : `All ${flows.length} are off.`}</>
  return <>{`${countOf(on, 'flow')} on, and nothing needs you.`}</>
}

function FlowTable({ workspace, flows }: { workspace: string; flows: readonly FlowView[] }) {
  const { role } = useRights(workspace)
  const columns: readonly Column<FlowView>[] = [
    {
      id: 'name',
      title: 'Flow',
      grow: true,
      cell: (flow) => (
        <span className={classes.name}>
          <RowLink to="/w/$workspace/flows/$flow" params={{ workspace, flow: flow.id }}>
            {flow.name}
          </RowLink>
          {flow.tags.length > 0 ? <span className={classes.note}>{flow.tags.join(' · ')}</span> : null}
          {flow.paused ? <span className={classes.note}>{flow.paused.message}</span> : null}
        </span>
      ),
    },
    {
      id: 'health',
      title: 'Health',
      cell: (flow) => <StateBadge {...sayHealth(flow, role)} />,
    },
    {
      id: 'version',
      title: 'Version',
      cell: (flow) => (
        <span className={classes.version}>
          {flow.liveVersion === null ? <span className="muted">Draft only</span> : `Version ${flow.liveVersion}`}
          {flow.draft.changed && flow.liveVersion !== null ? (
            <span className={classes.draft}>Draft differs</span>
          ) : null}
        </span>
      ),
    },
    {
      id: 'last',
      title: 'Last run',
      cell: (flow) =>
        flow.lastRun ? (
          <span className={classes.last}>
            <StateBadge {...RUN_WORDS[flow.lastRun.state]} />
            <When at={flow.lastRun.createdAt} />
          </span>
        ) : (
          <span className="muted">Never ran</span>
        ),
    },
    { id: 'next', title: 'Next run', wideOnly: true, cell: (flow) => <When at={flow.nextDue} /> },
    { id: 'run', title: 'Run now', silent: true, cell: (flow) => <RunNow workspace={workspace} flow={flow} small /> },
    { id: 'switch', title: 'Switch', cell: (flow) => <FlowSwitch workspace={workspace} flow={flow} /> },
  ]
  return <DataTable label="Flows" columns={columns} rows={flows} rowKey={(flow) => flow.id} />
}
