import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { BackfillView } from '../../server/contract/run-starts.ts'
import * as api from '../api.ts'
import { sayWindow } from '../format/days.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { backfillsQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import classes from './Backfills.module.css'
import { ChunkBar } from './ChunkBar.tsx'
import { tallyOf } from './chunks.ts'

/** The back-fills of a flow, newest first, each with how far it has come. */
export function Backfills({ workspace, flow }: { workspace: string; flow: string }) {
  const backfills = useQuery(backfillsQuery(workspace, flow))
  return (
    <Loaded query={backfills} rows={3}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState title="No back-fill yet">
            A back-fill reads days of the past again, in parts, behind what people wait for. It is started under “More”
            above.
          </EmptyState>
        ) : (
          <ul className={classes.list}>
            {items.map((one) => (
              <li key={one.id ?? `${one.from} ${one.to}`}>
                <One workspace={workspace} flow={flow} backfill={one} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}

function One({ workspace, flow, backfill }: { workspace: string; flow: string; backfill: BackfillView }) {
  const tally = tallyOf(backfill.chunks)
  return (
    <section className={classes.card} aria-label={`Back-fill ${sayWindow(backfill.from, backfill.to)}`}>
      <div className={classes.heading}>
        <div>
          <h2 className="small">{sayWindow(backfill.from, backfill.to)}</h2>
          <p className="muted">
            Started <When at={backfill.createdAt} />
            {backfill.by ? ` by ${backfill.by}` : ''}
            {backfill.quiet ? ', quiet' : ', with events and mails'}
          </p>
        </div>
        {backfill.id && tally.open > 0 ? (
          <Cancel workspace={workspace} flow={flow} id={backfill.id} backfill={backfill} />
        ) : null}
      </div>
      <ChunkBar workspace={workspace} chunks={backfill.chunks} />
      <p>
        {tally.done} of {countOf(backfill.chunks.length, 'part')} done
        {backfill.id ? (
          <>
            {' · '}
            <Link to="/w/$workspace/runs" params={{ workspace }} search={{ backfill: backfill.id }}>
              Its runs
            </Link>
          </>
        ) : null}
      </p>
      <p className="muted">{backfill.reads.map((read) => `${read.name}, by ${read.by}`).join(' · ')}</p>
    </section>
  )
}

function Cancel(props: { workspace: string; flow: string; id: string; backfill: BackfillView }) {
  const { workspace, flow, id, backfill } = props
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState(false)
  const tally = tallyOf(backfill.chunks)
  const cancel = useMutation({
    mutationFn: () => api.cancelBackfill(workspace, flow, id),
    onSuccess: async () => {
      setAsked(false)
      void client.invalidateQueries({ queryKey: [workspace, 'runs'] })
      await client.invalidateQueries({ queryKey: [workspace, 'flows', flow, 'backfills'] })
    },
  })
  if (!may('runs.backfill')) return null
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          cancel.reset()
          setAsked(true)
        }}
      >
        Cancel…
      </Button>
      <EffectDialog
        open={asked}
        title={`Cancel the back-fill of ${sayWindow(backfill.from, backfill.to)}?`}
        verb={`Cancel ${countOf(tally.open, 'part')}`}
        keep="Let it go on"
        danger
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          {tally.done > 0 ? `${countOf(tally.done, 'part')} done: what they sent stays sent. ` : ''}
          {countOf(tally.open, 'part')} not done: what is at work stops after its batch, the others do not begin.
        </p>
      </EffectDialog>
    </>
  )
}
