import { Link } from '@tanstack/react-router'
import type { RunView } from '../../server/contract/runs.ts'
import { MadeOf } from '../client/MadeOf.tsx'
import { sayDaysIn } from '../format/days.ts'
import { Fact } from '../parts/Facts.tsx'
import { LANE_WORDS } from '../words.ts'

/** How a run began, in which lane it goes, and what it belongs to. */
export function Origin({ workspace, run }: { workspace: string; run: RunView }) {
  return (
    <>
      {run.began ? <Fact term="Began with">{sayDaysIn(run.began)}</Fact> : null}
      <MadeOf workspace={workspace} flow={run.flow.id} version={run.version} />
      <Fact term="Lane">{LANE_WORDS[run.lane]}</Fact>
      {run.policy ? <Fact term="Counts by">Policy, version {run.policy.version}</Fact> : null}
      {run.quiet ? <Fact term="Quiet">Without events and mails</Fact> : null}
      {run.rerunOf ? (
        <Fact term="Again">
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: run.rerunOf }}>
            The earlier run
          </Link>
        </Fact>
      ) : null}
      {run.backfill ? (
        <Fact term="Back-fill">
          <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: run.flow.id }} search={{ tab: 'backfills' }}>
            The whole back-fill
          </Link>
        </Fact>
      ) : null}
      {run.attempts > 1 ? <Fact term="Attempts at this batch">{run.attempts}</Fact> : null}
    </>
  )
}
