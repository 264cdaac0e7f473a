import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Findings } from '../health/Findings.tsx'
import { Keys } from '../health/Keys.tsx'
import { Database, Housekeeping, Quotas, Times, Traces } from '../health/Numbers.tsx'
import { healthQuery } from '../health/requests.ts'
import { sayHealth } from '../health/say-health.ts'
import { Waits } from '../health/Waits.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { LaneCard } from '../worker/LaneCard.tsx'
import classes from '../worker/LaneCard.module.css'
import { WORKER_COLUMNS } from '../worker/worker-columns.tsx'

const route = getRouteApi('/w/$workspace/health')

/** How the work of the workspace is, and the installation below it: what is wrong first, then all numbers. */
export function Health() {
  const { workspace } = route.useParams()
  const { may } = useRights(workspace)
  const health = useQuery(healthQuery(workspace))
  return (
    <Page
      title="Health"
      sentence={health.data ? sayHealth(health.data) : 'How the work and the installation are.'}
      actions={
        <ButtonLink variant="default" to="/w/$workspace/workers" params={{ workspace }}>
          What is at work now
        </ButtonLink>
      }
    >
      <Loaded query={health} rows={6}>
        {(shown) => (
          <>
            <Findings workspace={workspace} health={shown} />
            <Section title="Queue" note="Of this workspace, by lane.">
              <div className={classes.lanes}>
                {shown.lanes.map((lane) => (
                  <LaneCard key={lane.lane} workspace={workspace} lane={lane} mayManage={may('lanes.manage')}>
                    <Waits waits={lane.waits} />
                  </LaneCard>
                ))}
              </div>
            </Section>
            <Quotas workspace={workspace} health={shown} />
            <Times workspace={workspace} health={shown} />
            <Section title="Processes" note="Of all workspaces.">
              {shown.processes.length === 0 ? (
                <EmptyState title="None has been seen" />
              ) : (
                <DataTable label="Processes" columns={WORKER_COLUMNS} rows={shown.processes} rowKey={(one) => one.id} />
              )}
            </Section>
            <Traces health={shown} />
            <Housekeeping health={shown} />
            <Database health={shown} />
            <Keys health={shown} />
          </>
        )}
      </Loaded>
    </Page>
  )
}
