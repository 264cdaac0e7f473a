import type { Operations } from '../../server/contract/operations.ts'
import { sayBytes, sayCount } from '../format/number.ts'
import { sayDay, sayLength } from '../format/time.ts'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Card, Section } from '../shell/Page.tsx'
import { CONNECTION_WORDS } from '../words.ts'
import { MISSED_WORDS, sayEvery, TASK_WORDS } from './say-health.ts'

type Of<Name extends 'connections' | 'missed' | 'events' | 'traces' | 'housekeeping'> = Operations[Name][number]
type Shown = { readonly workspace: string; readonly health: Operations }

/** Calls used, and when those of the day will be. */
export function Quotas({ workspace, health }: Shown) {
  const columns: readonly Column<Of<'connections'>>[] = [
    {
      id: 'name',
      title: 'Connection',
      grow: true,
      cell: (one) => (
        <RowLink to="/w/$workspace/connections/$connection" params={{ workspace, connection: one.id }}>
          {one.name}
        </RowLink>
      ),
    },
    { id: 'state', title: 'State', cell: (one) => <StateBadge {...CONNECTION_WORDS[one.state]} /> },
    {
      id: 'minute',
      title: 'Calls, last minute',
      align: 'end',
      cell: ({ budget }) => sayOf(budget?.usedMinute, budget?.perMinute),
    },
    {
      id: 'day',
      title: 'Calls, last 24 h',
      align: 'end',
      cell: ({ budget }) => sayOf(budget?.usedDay, budget?.perDay),
    },
    {
      id: 'full',
      title: 'Used up by',
      cell: ({ budget }) =>
        budget === null || budget.perDay === null ? '—' : <When at={budget.dayFullAt} empty="Not within a day" />,
    },
    {
      id: 'ends',
      title: 'Sign-in works until',
      wideOnly: true,
      cell: (one) => (one.ends === null ? '—' : sayDay(one.ends)),
    },
  ]
  return (
    <Section title="Connections" note="Calls count for everybody who shares the limit of an account.">
      {health.connections.length === 0 ? (
        <EmptyState title="No flow uses a connection yet" />
      ) : (
        <DataTable label="Connections" columns={columns} rows={health.connections} rowKey={(one) => one.id} />
      )}
    </Section>
  )
}

const sayOf = (used: number | null | undefined, most: number | null | undefined): string =>
  used === null || used === undefined || most === null || most === undefined
    ? 'No limit'
    : `${sayCount(used)} of ${sayCount(most)}`

/** Due times that began no run, and events that no run has taken. */
export function Times({ workspace, health }: Shown) {
  const missed: readonly Column<Of<'missed'>>[] = [
    {
      id: 'flow',
      title: 'Flow',
      grow: true,
      cell: (one) => (
        <RowLink to="/w/$workspace/flows/$flow" params={{ workspace, flow: one.flow.id }} search={{ tab: 'schedule' }}>
          {one.flow.name}
        </RowLink>
      ),
    },
    { id: 'due', title: 'Was due', cell: (one) => <When at={one.due} /> },
    { id: 'why', title: 'Why no run started', cell: (one) => MISSED_WORDS[one.why] },
  ]
  const events: readonly Column<Of<'events'>>[] = [
    {
      id: 'hook',
      title: 'Hook',
      grow: true,
      cell: (one) => (
        <RowLink
          to="/w/$workspace/flows/$flow"
          params={{ workspace, flow: one.flow.id }}
          search={{ tab: 'hooks', hook: one.hook }}
        >
          {one.name}, {one.flow.name}
        </RowLink>
      ),
    },
    {
      id: 'waiting',
      title: 'Waiting',
      align: 'end',
      cell: (one) => (one.waiting > 10_000 ? 'More than 10,000' : sayCount(one.waiting)),
    },
    { id: 'oldest', title: 'Oldest', cell: (one) => <When at={one.oldestAt} /> },
    { id: 'taken', title: 'Flow', cell: (one) => (one.taken ? 'On' : 'Off: they are kept until it is on') },
  ]
  return (
    <>
      <Section title="Schedules" note="Due times at which no run started, now and in the last 24 hours.">
        {health.missed.length === 0 ? (
          <EmptyState title="No due time passed without a run in 24 hours" />
        ) : (
          <DataTable
            label="Due times without a run"
            columns={missed}
            rows={health.missed}
            rowKey={(one) => `${one.flow.id} ${one.due} ${one.why}`}
          />
        )}
      </Section>
      <Section title="Events" note="What other systems have sent and no run has taken yet.">
        {health.events.length === 0 ? (
          <EmptyState title="No event waits" />
        ) : (
          <DataTable label="Events that wait" columns={events} rows={health.events} rowKey={(one) => one.hook} />
        )}
      </Section>
    </>
  )
}

const startOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

const TRACES: readonly Column<Of<'traces'>>[] = [
  {
    id: 'class',
    title: 'Class',
    grow: true,
    cell: (one) => `${startOf(one.traceClass)}: ${one.of === 'records' ? 'contents of records' : 'what steps did'}`,
  },
  { id: 'days', title: 'Days kept', align: 'end', cell: (one) => sayCount(one.days) },
  { id: 'oldest', title: 'Oldest', cell: (one) => sayDay(one.oldest) },
  { id: 'next', title: 'Next drop', cell: (one) => sayDay(one.nextDrop) },
  { id: 'ahead', title: 'Days ahead', align: 'end', cell: (one) => sayCount(one.ahead) },
  { id: 'bytes', title: 'Size', align: 'end', cell: (one) => sayBytes(one.bytes) },
  {
    id: 'dropped',
    title: 'Last dropped',
    wideOnly: true,
    cell: (one) => <When at={one.lastDroppedAt} empty="Never" />,
  },
]

export function Traces({ health }: { health: Operations }) {
  return (
    <Section title="Traces" note="What is kept of the runs of all workspaces, day by day. Sizes as last counted.">
      <DataTable label="Traces" columns={TRACES} rows={health.traces} rowKey={(one) => `${one.traceClass} ${one.of}`} />
    </Section>
  )
}

const TURNS: readonly Column<Of<'housekeeping'>>[] = [
  {
    id: 'task',
    title: 'Task',
    grow: true,
    cell: (one) => (
      <span>
        <strong style={{ fontWeight: 550 }} title={one.task}>
          {TASK_WORDS[one.task] ?? one.task}
        </strong>
        {one.error === null ? null : (
          <span className="muted" style={{ display: 'block', overflowWrap: 'anywhere' }}>
            {one.error}
          </span>
        )}
      </span>
    ),
  },
  {
    id: 'state',
    title: 'State',
    cell: (one) =>
      one.error !== null ? (
        <StateBadge tone="failed" word="Failed" />
      ) : one.late ? (
        <StateBadge tone="partly" word="Overdue" />
      ) : (
        <StateBadge tone="ok" word="Succeeded" />
      ),
  },
  { id: 'last', title: 'Last done', cell: (one) => <When at={one.beganAt} /> },
  { id: 'good', title: 'Last success', wideOnly: true, cell: (one) => <When at={one.goodAt} empty="Never" /> },
  { id: 'took', title: 'Took', align: 'end', cell: (one) => sayLength(one.tookMs) },
  { id: 'every', title: 'Every', align: 'end', wideOnly: true, cell: (one) => sayEvery(one.everySeconds) },
]

export function Housekeeping({ health }: { health: Operations }) {
  return (
    <Section title="Housekeeping" note="Regular tasks, done by whichever worker is free first.">
      {health.housekeeping.length === 0 ? (
        <EmptyState title="Nothing done yet">
          Each task runs for the first time within an hour after a worker starts.
        </EmptyState>
      ) : (
        <DataTable label="Housekeeping" columns={TURNS} rows={health.housekeeping} rowKey={(one) => one.task} />
      )}
    </Section>
  )
}

export function Database({ health: { database } }: { health: Operations }) {
  return (
    <Section title="Database">
      <Card>
        <Facts>
          <Fact term="Size">{sayBytes(database.bytes)}</Fact>
          <Fact term="Answers within">{sayLength(Math.max(1, database.answerMs))}</Fact>
          <Fact term="Connections of the server">
            {sayCount(database.connections.used)} of {sayCount(database.connections.most)}
          </Fact>
          {database.pools.map((pool) => (
            <Fact key={pool.name} term={`Of this process, “${pool.name}”`}>
              {sayCount(pool.inUse)} of {sayCount(pool.most)} in use
              {pool.waiting > 0 ? `, ${sayCount(pool.waiting)} wait for one` : ''}
            </Fact>
          ))}
          <Fact term="PostgreSQL">{database.version}</Fact>
        </Facts>
      </Card>
    </Section>
  )
}
