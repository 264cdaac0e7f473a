import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import * as api from '../api.ts'
import { sayCount } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { When } from '../parts/When.tsx'
import classes from './LaneCard.module.css'
import { LANE_TITLES, type Lane } from './say-lanes.ts'

/** One lane: how much of it is in use, what waits, and why nothing moves where nothing does. */
export function LaneCard(props: { workspace: string; lane: Lane; mayManage: boolean; children?: ReactNode }) {
  const { workspace, lane, mayManage } = props
  const { title, note } = LANE_TITLES[lane.lane]
  return (
    <section className={classes.card} aria-label={`${title} lane`}>
      <div className={classes.heading}>
        <div>
          <h3>{title}</h3>
          <p className="muted">{note}</p>
        </div>
        {mayManage ? <ChangeCap workspace={workspace} lane={lane} /> : null}
      </div>
      <p className={classes.use}>
        <strong className="number">
          {sayCount(lane.running)} of {sayCount(lane.cap)}
        </strong>{' '}
        <span className="muted">runs at work at the same time</span>
      </p>
      <span className={classes.bar} aria-hidden>
        <span style={{ width: `${Math.min(100, (lane.running / lane.cap) * 100)}%` }} />
      </span>
      {lane.reason ? <Banner tone="attention" title={lane.reason} /> : null}
      <Facts>
        <Fact term="Queued">{sayCount(lane.queued)}</Fact>
        <Fact term="Waiting for something">{sayCount(lane.waiting)}</Fact>
        <Fact term="Paused">{sayCount(lane.paused)}</Fact>
        <Fact term="Oldest queued">
          <When at={lane.oldestQueuedAt} empty="None" />
        </Fact>
      </Facts>
      {props.children}
    </section>
  )
}

const MOST = 100

function ChangeCap({ workspace, lane }: { workspace: string; lane: Lane }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [typed, setTyped] = useState('')
  const cap = /^\d{1,3}$/.test(typed.trim()) ? Number(typed) : Number.NaN
  const good = cap >= 1 && cap <= MOST
  const change = useMutation({
    mutationFn: () => api.changeLane(workspace, lane.lane, { cap }),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'lanes'] })
    },
  })
  const { title } = LANE_TITLES[lane.lane]
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Change limit… of the ${title.toLowerCase()} lane`}
        onClick={() => {
          change.reset()
          setTyped(String(lane.cap))
          setAsked(true)
        }}
      >
        Change limit…
      </Button>
      <EffectDialog
        open={asked}
        title={`Limit of the ${title.toLowerCase()} lane`}
        verb="Change limit"
        keep={`Keep ${lane.cap}`}
        disabled={!good || cap === lane.cap}
        busy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          So many runs of this lane may be at work at the same time in this workspace. A lower limit stops nothing that
          is at work; what comes then waits longer. The limits of Xero and Emarsys hold in any case.
        </p>
        <TextInput
          label="Runs at the same time"
          inputMode="numeric"
          required
          data-autofocus
          value={typed}
          error={typed.trim() !== '' && !good ? `A whole number from 1 to ${MOST}.` : undefined}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </EffectDialog>
    </>
  )
}
