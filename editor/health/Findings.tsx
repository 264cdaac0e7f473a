import type { Operations } from '../../server/contract/operations.ts'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { AREA_WORDS, sayTasks } from './say-health.ts'

/** What is not as it should be, red first, each with what to do. */
export function Findings({ workspace, health }: { workspace: string; health: Operations }) {
  if (health.findings.length === 0) return <AllIsWell health={health} />
  return health.findings.map((one) => (
    <Banner
      key={`${one.area} ${one.what}`}
      tone={one.tone === 'red' ? 'failed' : 'attention'}
      title={`${AREA_WORDS[one.area]}: ${sayTasks(one.what)}`}
      action={
        one.connection !== null ? (
          <ButtonLink
            size="xs"
            variant="default"
            to="/w/$workspace/connections/$connection"
            params={{ workspace, connection: one.connection }}
          >
            Open the connection
          </ButtonLink>
        ) : one.flow !== null ? (
          <ButtonLink
            size="xs"
            variant="default"
            to="/w/$workspace/flows/$flow"
            params={{ workspace, flow: one.flow }}
            search={{ tab: one.area === 'schedules' ? 'schedule' : 'hooks' }}
          >
            Open the flow
          </ButtonLink>
        ) : undefined
      }
    >
      <p>{sayTasks(one.remedy)}</p>
    </Banner>
  ))
}

/** With what proves it. */
function AllIsWell({ health }: { health: Operations }) {
  const workers = health.processes.filter(({ role, state }) => role !== 'api' && state !== 'lost').length
  const queued = health.lanes.reduce((sum, lane) => sum + lane.queued, 0)
  return (
    <EmptyState title="All is as it should be">
      {workers === 1 ? 'One process takes' : `${workers} processes take`} runs,{' '}
      {queued === 0 ? 'nothing waits for a worker' : `${queued} wait for a worker, none for long`}, every task of
      housekeeping succeeded, and the database answered within {Math.max(1, Math.round(health.database.answerMs))} ms.
    </EmptyState>
  )
}
