import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { RunView } from '../../server/contract/runs.ts'
import { sayDaysIn } from '../format/days.ts'
import { sayLength } from '../format/time.ts'
import { type Column, DataTable, type Marks, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { NoneSoFar } from '../parts/LookedAt.tsx'
import { moreOf } from '../parts/more-of.ts'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { useNow } from '../parts/use-now.ts'
import { When } from '../parts/When.tsx'
import type { runsQuery } from '../queries.ts'
import type { RunsSearch } from '../search.ts'
import { sayCause, sayRun, sayRunState } from '../words.ts'
import classes from './RunTable.module.css'

const RUNS = { one: 'run', many: 'runs' }

/** Runs, newest first, page by page. With a flow filter the flow's name is left out. */
export function RunTable(props: {
  workspace: string
  filters: RunsSearch
  options: ReturnType<typeof runsQuery>
  onClear?: () => void
  marks?: Marks<RunView> | undefined
}) {
  const { workspace, filters } = props
  const runs = useInfiniteQuery(props.options)
  const columns: readonly Column<RunView>[] = [
    {
      id: 'run',
      title: 'Run',
      cell: (run) => (
        <RowLink to="/w/$workspace/runs/$run" params={{ workspace, run: run.id }}>
          {filters.flow === undefined ? run.flow.name : sayCause(run)}
        </RowLink>
      ),
    },
    { id: 'state', title: 'State', cell: (run) => <StateBadge {...sayRunState(run)} /> },
    {
      id: 'result',
      title: 'Result',
      grow: true,
      cell: (run) => (
        <span className={classes.result}>
          {sayRun(run)}
          {run.began ? <span className="muted"> {startOf(sayDaysIn(run.began))}</span> : null}
        </span>
      ),
    },
    {
      id: 'version',
      title: 'Version',
      wideOnly: true,
      align: 'end',
      cell: (run) => (run.version < 0 ? 'Draft' : run.version),
    },
    { id: 'started', title: 'Started', cell: (run) => <When at={run.startedAt ?? run.createdAt} /> },
    { id: 'took', title: 'Took', align: 'end', cell: (run) => <Took run={run} /> },
  ]
  const filtered = Object.values(filters).some((value) => value !== undefined)
  return (
    <Loaded query={runs}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items)
        const more = moreOf(runs)
        if (rows.length === 0 && more) return <NoneSoFar more={more} things={RUNS} />
        if (rows.length === 0 && filtered && props.onClear) {
          return (
            <EmptyState
              title="No run fits these filters"
              action={
                <Button variant="default" onClick={props.onClear}>
                  Show all runs
                </Button>
              }
            />
          )
        }
        if (rows.length === 0) {
          return (
            <EmptyState
              title="Nothing has run yet"
              action={
                filters.flow === undefined ? (
                  <Link to="/w/$workspace/flows" params={{ workspace }}>
                    To the flows
                  </Link>
                ) : null
              }
            >
              {filters.flow === undefined
                ? 'A run appears here when a flow is turned on, or when somebody presses “Run now”.'
                : 'A run appears here when the flow is turned on, or when somebody presses “Run now”.'}
            </EmptyState>
          )
        }
        return (
          <DataTable
            label="Runs"
            columns={columns}
            rows={rows}
            rowKey={(run) => run.id}
            marks={props.marks}
            more={more}
            things={RUNS}
          />
        )
      }}
    </Loaded>
  )
}

const startOf = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** From start to end, or until now. */
export function Took({ run }: { run: Pick<RunView, 'startedAt' | 'endedAt'> }) {
  const now = useNow()
  if (run.startedAt === null) return <span className="muted">—</span>
  const end = run.endedAt === null ? now : new Date(run.endedAt)
  // The server's clock may be ahead of ours by a moment.
  return <span className="number">{sayLength(Math.max(0, end.getTime() - Date.parse(run.startedAt)))}</span>
}
