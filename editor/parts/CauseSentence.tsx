import type { ReactNode } from 'react'
import type { RunView } from '../../server/contract/runs.ts'
import { underWay } from '../queries.ts'
import { sayNext, sayRun } from '../words.ts'
import { Banner } from './Banner.tsx'
import { Countdown } from './Countdown.tsx'

const TONES = {
  queued: 'running',
  running: 'running',
  waiting: 'running',
  paused: 'attention',
  succeeded: 'ok',
  partly: 'attention',
  failed: 'failed',
  cancelled: 'off',
} as const

/** What a run did, or why it stands where it stands, in one sentence; then what to do, if anything. */
export function CauseSentence({ run, action }: { run: RunView; action?: ReactNode }) {
  const next = sayNext(run)
  return (
    <Banner tone={TONES[run.state]} title={sayRun(run)} action={action} live>
      {run.wakeAt && underWay(run.state) ? (
        <p>
          Goes on by itself <Countdown at={run.wakeAt} />
        </p>
      ) : null}
      {next === null ? null : <p>{next}</p>}
    </Banner>
  )
}
