import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { CheckView, PeriodFlow, PeriodView } from '../../server/contract/periods.ts'
import { sayCount } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { Banner } from '../parts/Banner.tsx'
import { sayError } from '../parts/say-error.ts'
import { When } from '../parts/When.tsx'
import { Card } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { Changed } from './Changed.tsx'
import { Differing } from './Differing.tsx'
import classes from './FlowMonth.module.css'
import { sayCheck, sayMonth } from './month.ts'
import { goesOn, periodKey, startCheck } from './requests.ts'
import { Reopen } from './Reopen.tsx'
import { SignOff } from './SignOff.tsx'
import { BothSides } from './Totals.tsx'

/** A month of one flow: both sides as they were last compared, and who signed. */
export function FlowMonth(props: { workspace: string; view: PeriodView; shown: PeriodFlow }) {
  const { workspace, view, shown } = props
  const { flow, check, latest, signOff, changed } = shown
  const { period } = view
  const { may } = useRights(workspace)
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: () => startCheck(workspace, period, flow.id),
    onSettled: () => client.invalidateQueries({ queryKey: periodKey(workspace, period) }),
  })
  const busy = goesOn(shown)
  const isSigned = signOff?.kind === 'signed' && signOff.run === check?.run
  return (
    <Card>
      <div className={classes.head}>
        <div>
          <h3>{flow.name}</h3>
          <p role="status">{check ? sayCheck(period, check) : `${sayMonth(period)} has not been checked yet.`}</p>
        </div>
        <div className={classes.buttons} data-screen="">
          {may('periods.check') && shown.reads.length > 0 ? (
            <Button
              variant="default"
              aria-label={`Check ${sayMonth(period)}: ${flow.name}`}
              loading={start.isPending}
              disabled={busy}
              onClick={() => start.mutate()}
            >
              {`Check ${sayMonth(period)}`}
            </Button>
          ) : null}
          {check && !check.old && !busy && view.over && !isSigned && may('periods.sign') ? (
            <SignOff workspace={workspace} period={period} flow={flow} check={check} />
          ) : null}
          {signOff?.kind === 'signed' && may('periods.sign') ? (
            <Reopen workspace={workspace} period={period} flow={flow} />
          ) : null}
        </div>
      </div>
      {start.error ? (
        <Banner tone="failed" title={sayError(start.error).title} live>
          <p>{sayError(start.error).detail}</p>
        </Banner>
      ) : null}
      {latest ? <Latest workspace={workspace} latest={latest} busy={busy} /> : null}
      {changed ? <Changed workspace={workspace} period={period} flow={flow.id} changed={changed} /> : null}
      {check ? <Found workspace={workspace} view={view} flow={flow.id} check={check} /> : null}
      {signOff ? (
        <p className={classes.signed}>
          {signOff.kind === 'signed' ? 'Signed off' : 'Re-opened'} by {signOff.by ?? 'somebody who has left'}:{' '}
          <When at={signOff.at} />
          {signOff.note === null ? '.' : `. “${visible(signOff.note)}”`}
          {signOff.kind === 'signed' && check && check.run !== signOff.run ? ' It was checked again since.' : null}
        </p>
      ) : null}
    </Card>
  )
}

function Latest({ workspace, latest, busy }: { workspace: string; latest: CheckView; busy: boolean }) {
  const run = (
    <Link to="/w/$workspace/runs/$run" params={{ workspace, run: latest.run }}>
      Look at its run
    </Link>
  )
  if (busy) {
    return (
      <p role="status">
        Being checked: the month is read anew, and nothing is sent. {latest.reason} {run}
      </p>
    )
  }
  return (
    <Banner tone="failed" title="The last check did not come to its end">
      <p>
        {latest.reason} {run}
      </p>
    </Banner>
  )
}

function Found(props: { workspace: string; view: PeriodView; flow: string; check: CheckView }) {
  const { workspace, view, flow, check } = props
  const [open, setOpen] = useState(false)
  const { totals, setAside } = check
  if (totals === null) return null
  const { agree, different, missing, extra } = totals.documents
  const parts = [
    { says: 'the same in both', count: agree, tone: 'ok' },
    { says: 'with other rows', count: different, tone: 'attention' },
    { says: 'not sent', count: missing, tone: 'attention' },
    { says: 'sent, and counting no more', count: extra, tone: 'attention' },
    { says: 'set aside', count: setAside, tone: 'failed' },
  ].filter(({ count }) => count > 0)
  const words = parts.map(({ says, count }) => `${sayCount(count)} ${says}`).join(' · ')
  return (
    <>
      {totals.sums.map((sum) => (
        <BothSides key={sum.currency} sum={sum} />
      ))}
      {parts.length > 0 ? (
        <>
          <div className={classes.bar} aria-hidden>
            {parts.map(({ says, count, tone }) => (
              <span key={says} data-tone={tone} style={{ flexGrow: count }} />
            ))}
          </div>
          <p>
            {words}
            {different + missing + extra > 0 ? (
              <>
                {' '}
                <Button
                  variant="default"
                  size="compact-sm"
                  data-screen=""
                  aria-expanded={open}
                  onClick={() => setOpen(!open)}
                >
                  {open ? 'Hide what differs' : 'Show what differs'}
                </Button>
              </>
            ) : null}
          </p>
          {open ? <Differing workspace={workspace} period={view.period} flow={flow} flows={view.flows} /> : null}
        </>
      ) : null}
      <p className="muted">
        {check.old ? 'Something was sent since, or another version runs: check again before signing. ' : null}
        Last check: <When at={check.endedAt} />
        {check.by === null ? '' : `, by ${check.by}`}.{' '}
        <Link to="/w/$workspace/runs/$run" params={{ workspace, run: check.run }}>
          Its records
        </Link>
        {check.evidence === null ? null : (
          <>
            {' · '}
            <span title={check.evidence}>Evidence {check.evidence.slice(0, 12)}</span>
          </>
        )}
        {setAside > 0 ? (
          <>
            {' · '}
            <Link to="/w/$workspace/exceptions" params={{ workspace }} search={{ flow, state: 'open' }}>
              Open exceptions of this flow
            </Link>
          </>
        ) : null}
      </p>
    </>
  )
}
