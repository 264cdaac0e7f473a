import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { RunView } from '../../server/contract/runs.ts'
import { changesOf } from '../compare/changes.ts'
import { ChangeList } from '../compare/ChangeList.tsx'
import { sayLength } from '../format/time.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { runQuery, runStepsQuery, versionQuery } from '../queries.ts'
import { type Compared, compareSteps } from '../run/compare-steps.ts'
import { lastGoodQuery } from '../run/last-good.ts'
import { Pair } from '../run/Pair.tsx'
import { Took } from '../run/RunTable.tsx'
import { Page, Section } from '../shell/Page.tsx'
import { sayRunState, sayVersion } from '../words.ts'

const route = getRouteApi('/w/$workspace/runs/$run/compare')

const COLUMNS: readonly Column<Compared>[] = [
  { id: 'step', title: 'Step', grow: true, cell: (step) => step.name },
  { id: 'in', title: 'In', align: 'end', cell: ({ counts }) => <Pair {...counts.in} /> },
  { id: 'out', title: 'Out', align: 'end', cell: ({ counts }) => <Pair {...counts.out} /> },
  { id: 'rejected', title: 'Rejected', align: 'end', cell: ({ counts }) => <Pair {...counts.rejected} /> },
  { id: 'failed', title: 'Failed batches', align: 'end', cell: ({ failed }) => <Pair {...failed} /> },
  { id: 'calls', title: 'Calls', align: 'end', cell: ({ calls }) => <Pair {...calls} /> },
  { id: 'retries', title: 'Retries', align: 'end', cell: ({ retries }) => <Pair {...retries} /> },
  { id: 'waited', title: 'Waited', align: 'end', cell: ({ waitingMs }) => <Pair {...waitingMs} say={sayLength} /> },
  { id: 'worked', title: 'Worked', align: 'end', cell: ({ workingMs }) => <Pair {...workingMs} say={sayLength} /> },
]

/** A run beside the last one of its flow before it that went through: what was there then and is otherwise now. */
export function RunCompare() {
  const { workspace, run: id } = route.useParams()
  const run = useQuery(runQuery(workspace, id))
  const good = useQuery({ ...lastGoodQuery(workspace, id, run.data?.flow.id ?? ''), enabled: run.data !== undefined })
  return (
    <Page
      title="Compared with the last good run"
      above={
        <Link to="/w/$workspace/runs/$run" params={{ workspace, run: id }}>
          {run.data ? `Run of ${run.data.flow.name}` : 'Run'}
        </Link>
      }
      sentence="First as it was in the last run that succeeded, then as it is in this one."
    >
      <Loaded query={run}>
        {(here) => (
          <Loaded query={good}>
            {({ items: [before] }) =>
              before ? (
                <Both workspace={workspace} before={before} here={here} />
              ) : (
                <EmptyState title="No run of this flow succeeded before this one">
                  Once one has, later runs can be compared with it.
                </EmptyState>
              )
            }
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

function Both({ workspace, before, here }: { workspace: string; before: RunView; here: RunView }) {
  const then = useQuery(runStepsQuery(workspace, before))
  const now = useQuery(runStepsQuery(workspace, here))
  return (
    <>
      <Facts>
        {[before, here].map((run) => (
          <Fact key={run.id} term={run === before ? 'Last good run' : 'This run'}>
            <StateBadge {...sayRunState(run)} />{' '}
            <Link to="/w/$workspace/runs/$run" params={{ workspace, run: run.id }}>
              <When at={run.startedAt ?? run.createdAt} />
            </Link>
            , {sayVersion(run.version)}, took <Took run={run} />
          </Fact>
        ))}
      </Facts>
      <Section title="Steps" note="What differs stands out. A dash: the step was not there, or nothing came to it.">
        <Loaded query={then} rows={5}>
          {(good) => (
            <Loaded query={now} rows={5}>
              {(mine) => (
                <DataTable
                  label="Steps of both runs"
                  columns={COLUMNS}
                  rows={compareSteps(good.items, mine.items)}
                  rowKey={(step) => step.node}
                />
              )}
            </Loaded>
          )}
        </Loaded>
      </Section>
      <Section title="Settings">
        <Settings workspace={workspace} before={before} here={here} />
      </Section>
    </>
  )
}

function Settings({ workspace, before, here }: { workspace: string; before: RunView; here: RunView }) {
  const same = before.version === here.version
  const [a, b] = [
    useQuery({ ...versionQuery(workspace, here.flow.id, before.version), enabled: !same }),
    useQuery({ ...versionQuery(workspace, here.flow.id, here.version), enabled: !same }),
  ]
  const policy = before.policy?.version !== here.policy?.version
  const answers = JSON.stringify(before.answers) !== JSON.stringify(here.answers)
  return (
    <>
      {same ? <p>Both ran {sayVersion(here.version)}.</p> : null}
      {answers ? <p>The answers to the flow’s form are others now.</p> : null}
      {policy ? (
        <p>
          The policy was “{before.policy?.sentence ?? 'none'}” and is “{here.policy?.sentence ?? 'none'}”.
        </p>
      ) : null}
      {same ? null : (
        <Loaded query={a} rows={2}>
          {(then) => (
            <Loaded query={b} rows={2}>
              {(now) => (
                <ChangeList changes={changesOf(then.document, now.document).filter(({ kind }) => kind !== 'moved')} />
              )}
            </Loaded>
          )}
        </Loaded>
      )}
    </>
  )
}
