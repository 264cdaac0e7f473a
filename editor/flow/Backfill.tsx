import { Checkbox, Select, TextInput } from '@mantine/core'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import type { BackfillRequest, BackfillView } from '../../server/contract/run-starts.ts'
import * as api from '../api.ts'
import { isDay, moveDay, sayWindow, today } from '../format/days.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { backfillCountQuery } from '../queries.ts'
import classes from './Backfill.module.css'
import { ForecastLine } from './ForecastLine.tsx'
import { sayWindowMistake } from './window-mistake.ts'

type Chunk = NonNullable<BackfillRequest['chunk']>
const CHUNKS: readonly { readonly value: Chunk; readonly label: string }[] = [
  { value: 'day', label: 'Day by day' },
  { value: 'week', label: 'Week by week' },
  { value: 'month', label: 'Month by month' },
  { value: 'whole', label: 'All at once' },
]

/** Reads a window of days again, after showing in which parts, what it costs and what it sends. */
export function Backfill(props: { workspace: string; flow: FlowView; open: boolean; onClose: () => void }) {
  const { workspace, flow } = props
  const navigate = useNavigate()
  const client = useQueryClient()
  const now = today()
  const [from, setFrom] = useState(`${now.slice(0, 8)}01`)
  const [last, setLast] = useState(now)
  const [chunk, setChunk] = useState<Chunk>('month')
  const [quiet, setQuiet] = useState(true)
  const mistake = sayWindowMistake(from, last, now)
  // The API names the day after the last one.
  const body = { from, to: isDay(last) ? moveDay(last, 1) : last, chunk, quiet }
  const preview = useQuery({
    ...backfillCountQuery(workspace, flow.id, body),
    enabled: props.open && mistake === undefined,
    placeholderData: keepPreviousData,
  })
  const start = useMutation({
    mutationFn: () => api.backfill(workspace, flow.id, body),
    onSuccess: async () => {
      props.onClose()
      void client.invalidateQueries({ queryKey: [workspace, 'runs'] })
      void client.invalidateQueries({ queryKey: [workspace, 'flows', flow.id, 'backfills'] })
      await navigate({
        to: '/w/$workspace/flows/$flow',
        params: { workspace, flow: flow.id },
        search: { tab: 'backfills' },
      })
    },
  })
  const many = mistake === undefined ? preview.data?.chunks.length : undefined
  return (
    <EffectDialog
      open={props.open}
      title={`Back-fill ${flow.name}`}
      verb={many === undefined ? 'Start back-fill' : `Start ${countOf(many, 'part')}`}
      keep="Not now"
      disabled={mistake !== undefined || !many || preview.isFetching}
      busy={start.isPending}
      error={start.error}
      onConfirm={() => start.mutate()}
      onClose={() => {
        start.reset()
        props.onClose()
      }}
    >
      <p>
        Reads everything of a window of days again with version {flow.liveVersion}, and sends what differs from what was
        sent. Where the flow has read up to stays as it is.
      </p>
      <div className={classes.fields}>
        <TextInput
          type="date"
          label="First day"
          required
          max={now}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="date"
          label="Last day"
          required
          max={now}
          value={last}
          onChange={(event) => setLast(event.currentTarget.value)}
        />
        <Select
          label="In parts"
          data={[...CHUNKS]}
          value={chunk}
          onChange={(value) => setChunk(CHUNKS.find((one) => one.value === value)?.value ?? 'month')}
        />
      </div>
      {mistake ? (
        <p className={classes.mistake} role="alert">
          {mistake}
        </p>
      ) : null}
      <Checkbox
        label="Quiet"
        description="Leaves out events and mails, so that nobody gets a message about something long ago."
        checked={quiet}
        onChange={(event) => setQuiet(event.currentTarget.checked)}
      />
      {mistake === undefined ? (
        <>
          <Loaded query={preview} rows={2}>
            {(shown) => <Preview backfill={shown} />}
          </Loaded>
          {preview.data ? (
            <ForecastLine workspace={workspace} flow={flow.id} asked={{ window: { from: body.from, to: body.to } }} />
          ) : null}
        </>
      ) : null}
    </EffectDialog>
  )
}

function Preview({ backfill }: { backfill: BackfillView }) {
  const { chunks, reads } = backfill
  const [first] = chunks
  const final = chunks.at(-1)
  return (
    <div className={classes.preview}>
      <p>
        <strong>{countOf(chunks.length, 'part')}</strong>
        {first && final && chunks.length > 1
          ? `, one after the other: from ${sayWindow(first.from, first.to)} up to ${sayWindow(final.from, final.to)}.`
          : first
            ? `: ${sayWindow(first.from, first.to)}.`
            : '.'}{' '}
        They go behind what people wait for.
      </p>
      <ul>
        {reads.map((read) => (
          <li key={read.node}>
            {read.name}, by {read.by}
          </li>
        ))}
      </ul>
    </div>
  )
}
