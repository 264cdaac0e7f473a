import { Checkbox, Select, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { catalogQuery, versionQuery } from '../queries.ts'
import { keysOf } from './keys.ts'
import { operationsOf } from './operations.ts'

const MOST = 50

/** Reads single records by their keys as they are now, and carries them through the flow. Leads to the run. */
export function Resync(props: { workspace: string; flow: FlowView; open: boolean; onClose: () => void }) {
  const { workspace, flow } = props
  const navigate = useNavigate()
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [quiet, setQuiet] = useState(false)
  const [chosen, setChosen] = useState<string | null>(null)
  const catalog = useQuery({ ...catalogQuery, enabled: props.open })
  const live = useQuery({ ...versionQuery(workspace, flow.id, flow.liveVersion ?? 0), enabled: props.open })
  const operations = catalog.data ? operationsOf(catalog.data) : undefined
  const able = (live.data?.document.nodes ?? []).flatMap((node) => {
    const by = operations?.get(node.operation)?.single
    return by === undefined ? [] : [{ value: node.id, label: `${node.name}, by ${by}` }]
  })
  const known = live.data !== undefined && operations !== undefined
  const node = able.length > 1 ? chosen : (able[0]?.value ?? null)
  const keys = keysOf(text)
  const long = keys.find((key) => key.length > 200)
  const mistake =
    keys.length > MOST
      ? `${keys.length} keys; at most ${MOST} at once. For more, back-fill their days.`
      : long
        ? `“${long.slice(0, 30)}…” is too long for a key.`
        : undefined
  const resync = useMutation({
    mutationFn: () => api.resync(workspace, flow.id, { keys, quiet, ...(node === null ? {} : { node }) }),
    onSuccess: async (run) => {
      props.onClose()
      setText('')
      void client.invalidateQueries({ queryKey: [workspace, 'runs'] })
      await navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: run.id } })
    },
  })
  return (
    <EffectDialog
      open={props.open}
      title="Re-sync single records"
      verb={keys.length === 0 ? 'Re-sync' : `Re-sync ${countOf(keys.length, 'record')}`}
      keep="Not now"
      disabled={keys.length === 0 || mistake !== undefined || (known && node === null)}
      busy={resync.isPending}
      error={resync.error}
      onConfirm={() => resync.mutate()}
      onClose={() => {
        resync.reset()
        props.onClose()
      }}
    >
      <p>
        Each is read as it is now and goes through version {flow.liveVersion} of {flow.name}, even if nothing changed
        since. What is the same as was sent before is not sent again.
      </p>
      {known && able.length === 0 ? <p>No step of this flow can find single records.</p> : null}
      {able.length > 1 ? (
        <Select
          label="Which step finds them"
          placeholder="Choose a step"
          required
          data={able}
          value={chosen}
          onChange={setChosen}
        />
      ) : null}
      <Textarea
        label="Keys, one per line"
        description={able.length === 1 ? `${able[0]?.label}; each as a whole.` : 'Each as a whole, such as INV-0192.'}
        required
        autosize
        minRows={4}
        maxRows={12}
        spellCheck={false}
        data-autofocus
        value={text}
        error={mistake}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Checkbox
        label="Quiet"
        description="Leaves out events and mails."
        checked={quiet}
        onChange={(event) => setQuiet(event.currentTarget.checked)}
      />
    </EffectDialog>
  )
}
