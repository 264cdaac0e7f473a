import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import type { PeriodSum, PeriodView } from '../../server/contract/periods.ts'
import { countOf } from '../format/number.ts'
import { Amount } from '../parts/Amount.tsx'
import { Banner } from '../parts/Banner.tsx'
import { Card } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { Differing } from './Differing.tsx'
import classes from './FlowMonth.module.css'
import { coverageOf } from './month.ts'
import { monthFile } from './requests.ts'

/** Both sides of a month over all flows, a line for each currency; as a file, on paper, and which documents differ. */
export function Totals({ workspace, view }: { workspace: string; view: PeriodView }) {
  const { may } = useRights(workspace)
  const [open, setOpen] = useState<string | undefined>()
  const { checked, missing, off } = coverageOf(view)
  if (checked === 0) return null
  return (
    <Card>
      <div className={classes.head}>
        <div>
          <h3>All flows</h3>
          <p>
            {off === 0
              ? 'Every document is the same on both sides.'
              : `${countOf(off, 'document')} ${off === 1 ? 'differs' : 'differ'}.`}
          </p>
        </div>
        <Group gap="sm" data-screen="">
          {may('periods.export') ? (
            <Button component="a" variant="default" href={monthFile(workspace, view.period)} download>
              Download as CSV
            </Button>
          ) : null}
          <Button variant="default" onClick={() => window.print()}>
            Print
          </Button>
        </Group>
      </div>
      {missing.length > 0 ? (
        <Banner tone="attention" title={`Not in these totals: ${missing.join(', ')}`}>
          <p>They were not checked for this month yet. Check them below.</p>
        </Banner>
      ) : null}
      {view.totals.map((sum) => (
        <div key={sum.currency}>
          <BothSides sum={sum} />
          {off > 0 ? (
            <Button
              variant="default"
              size="compact-sm"
              data-screen=""
              aria-expanded={open === sum.currency}
              onClick={() => setOpen(open === sum.currency ? undefined : sum.currency)}
            >
              {`${open === sum.currency ? 'Hide' : 'Show'} what differs${sum.currency === '' ? '' : ` in ${sum.currency}`}`}
            </Button>
          ) : null}
          {open === sum.currency ? (
            <Differing workspace={workspace} period={view.period} currency={sum.currency} flows={view.flows} />
          ) : null}
        </div>
      ))}
    </Card>
  )
}

/** Source, ledger and difference of one currency, in large figures. */
export function BothSides({ sum }: { sum: PeriodSum }) {
  return (
    <dl className={classes.sums}>
      {(['source', 'ledger', 'difference'] as const).map((side) => (
        <div key={side}>
          <dt>{SIDES[side]}</dt>
          <dd>
            <Amount amount={sum[side]} currency={sum.currency} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

const SIDES = { source: 'In the source', ledger: 'Sent and confirmed', difference: 'Difference' } as const
