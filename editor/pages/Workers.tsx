import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Lanes } from '../../server/contract/lanes.ts'
import { sayCount } from '../format/number.ts'
import { sayLength } from '../format/time.ts'
import { Banner } from '../parts/Banner.tsx'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { useNow } from '../parts/use-now.ts'
import { lanesQuery } from '../queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { LaneCard } from '../worker/LaneCard.tsx'
import classes from '../worker/LaneCard.module.css'
import { able, LANE_TITLES, sayLanes } from '../worker/say-lanes.ts'
import { WORKER_COLUMNS } from '../worker/worker-columns.tsx'

const route = getRouteApi('/w/$workspace/workers')
type Running = Lanes['running'][number]

export function Workers() {
  const { workspace } = route.useParams()
  const lanes = useQuery(lanesQuery(workspace))
  // The moment of the last reading: what waits was seen then.
  const read = lanes.data ? new Date(lanes.dataUpdatedAt) : undefined
  return (
    <Page title="Workers" sentence={lanes.data && read ? sayLanes(lanes.data, read) : 'Who works, and what waits.'}>
      <Loaded query={lanes}>{(shown) => <All workspace={workspace} lanes={shown} />}</Loaded>
    </Page>
  )
}

function All({ workspace, lanes }: { workspace: string; lanes: Lanes }) {
  const { may } = useRights(workspace)
  const now = useNow()
  const hostOf = (id: string | null): string => lanes.workers.find((one) => one.id === id)?.host ?? id ?? '—'
  const columns: readonly Column<Running>[] = [
    {
      id: 'run',
      title: 'Run',
      grow: true,
      cell: (one) => (
        <RowLink to="/w/$workspace/runs/$run" params={{ workspace, run: one.run }}>
          {one.flow.name}
        </RowLink>
      ),
    },
    { id: 'lane', title: 'Lane', cell: (one) => LANE_TITLES[one.lane].title },
    { id: 'worker', title: 'Worker', wideOnly: true, cell: (one) => hostOf(one.worker) },
    { id: 'batches', title: 'Batches settled', align: 'end', cell: (one) => sayCount(one.batches) },
    {
      id: 'for',
      title: 'At work for',
      align: 'end',
      cell: (one) => (one.startedAt === null ? '—' : sayLength(Math.max(0, now.getTime() - Date.parse(one.startedAt)))),
    },
  ]
  return (
    <>
      {able(lanes.workers).length === 0 ? (
        <Banner tone="failed" title="No worker is running" live>
          <p>
            Nothing runs until one is started. Start the product, or a process with the role worker. What waits is kept,
            and begins then.
          </p>
        </Banner>
      ) : null}
      <Section
        title="Lanes"
        note="Of this workspace. A lane has room for so many runs at the same time; the rest waits."
      >
        <div className={classes.lanes}>
          {lanes.lanes.map((lane) => (
            <LaneCard key={lane.lane} workspace={workspace} lane={lane} mayManage={may('lanes.manage')} />
          ))}
        </div>
      </Section>
      <Section title="At work now">
        {lanes.running.length === 0 ? (
          <EmptyState title="No run is at work" />
        ) : (
          <DataTable label="Runs at work" columns={columns} rows={lanes.running} rowKey={(one) => one.run} />
        )}
      </Section>
      <Section title="Processes" note="Processes that carry out runs, of all workspaces.">
        {lanes.workers.length === 0 ? (
          <EmptyState title="None has been seen" />
        ) : (
          <DataTable label="Workers" columns={WORKER_COLUMNS} rows={lanes.workers} rowKey={(one) => one.id} />
        )}
      </Section>
    </>
  )
}
