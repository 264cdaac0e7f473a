import { Switch, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { underWay } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { EffectList } from './EffectList.tsx'

/**
 * Says what switching does before it does it, and shows the new state only when the server has answered. A refusal
 * brings the dialog back with its reason.
 */
export function FlowSwitch({ workspace, flow }: { workspace: string; flow: FlowView }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState(false)
  const toggle = useMutation({
    mutationFn: (on: boolean) => api.switchFlow(workspace, flow.id, on),
    onSuccess: async (answer) => {
      setAsked(false)
      notifications.show({
        message: answer.enabled ? `${flow.name} is on.` : `${flow.name} is off. Nothing new starts by itself.`,
      })
      await client.invalidateQueries({ queryKey: [workspace, 'flows'] })
    },
  })
  const on = flow.enabled
  const unpublished = flow.liveVersion === null
  const reason = unpublished
    ? 'Publish a version first: only a version can be on.'
    : may('flows.switch')
      ? undefined
      : 'Your role may not switch flows.'
  const word = toggle.isPending ? (on ? 'Turning off…' : 'Turning on…') : on ? 'On' : 'Off'
  return (
    <>
      <Tooltip
        label={reason}
        disabled={reason === undefined}
        withArrow
        events={{ hover: true, focus: true, touch: true }}
      >
        <span>
          <Switch
            checked={on}
            disabled={reason !== undefined || toggle.isPending}
            label={word}
            aria-label={`${flow.name}: ${word}`}
            onChange={() => {
              toggle.reset()
              setAsked(true)
            }}
          />
        </span>
      </Tooltip>
      <EffectDialog
        open={asked && !toggle.isPending}
        title={on ? `Turn off ${flow.name}?` : `Turn on ${flow.name}?`}
        verb={on ? 'Turn off' : 'Turn on'}
        keep={on ? 'Keep it on' : 'Leave it off'}
        busy={false}
        error={toggle.error}
        onConfirm={() => toggle.mutate(!on)}
        onClose={() => setAsked(false)}
      >
        {on ? <OffEffects flow={flow} /> : <OnEffects flow={flow} />}
        {flow.liveVersion === null ? null : (
          <EffectList workspace={workspace} flow={flow.id} version={flow.liveVersion} />
        )}
      </EffectDialog>
    </>
  )
}

function OffEffects({ flow }: { flow: FlowView }) {
  const busy = flow.lastRun !== null && underWay(flow.lastRun.state)
  return (
    <>
      <p>
        No new run starts by itself until it is turned on again. {busy ? 'The run in progress will finish. ' : ''}
        Nothing that was sent is deleted, and it remembers how far it has read.
      </p>
      <p className="muted">Until then this stays undone:</p>
    </>
  )
}

function OnEffects({ flow }: { flow: FlowView }) {
  return (
    <>
      {flow.lastRun ? (
        <p>
          It reads on from where it stopped, so what changed while it was off is sent too. What was sent before is not
          sent again.
        </p>
      ) : (
        <p>It has never run: its first run reads everything that its steps ask for, and sends it.</p>
      )}
      {flow.paused ? <p>It had stopped itself: {flow.paused.message}</p> : null}
      <p className="muted">Version {flow.liveVersion} then does this by itself:</p>
    </>
  )
}
