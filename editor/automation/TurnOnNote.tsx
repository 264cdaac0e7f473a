import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { TurnOnView } from '../../server/contract/turn-on.ts'
import * as api from '../api.ts'
import { preferredZone } from '../format/preferred.ts'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { sayError } from '../parts/say-error.ts'
import { When } from '../parts/When.tsx'
import { useRights } from '../shell/use-rights.ts'
import { localAt, tomorrowMorning } from './turn-on.ts'
import { type TurnOnDraft, TurnOnTime, turnOnOf } from './TurnOnTime.tsx'

type Flow = {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly published: boolean
  readonly turnOn: TurnOnView | null
}

const MEANWHILE = {
  'from-now': 'What changes until then is left out.',
  'missed-too': 'What changes until then is sent too.',
}

const WAITS = 'A system does not answer, or a run has not ended. It is tried again for an hour.'
/** The server looks every 15 seconds; turning on may take a moment. */
const TURN_MS = 30_000

/** When a flow that is off turns on by itself, and how that went. `refused`: a card of its own says why it stayed off. */
export function TurnOnNote({ workspace, flow, refused }: { workspace: string; flow: Flow; refused?: boolean }) {
  const { may } = useRights(workspace)
  const { turnOn } = flow
  const actions = may('flows.switch')
  if (turnOn === null) {
    return !flow.enabled && flow.published && actions ? <SetTime workspace={workspace} flow={flow} /> : null
  }
  if (turnOn.settledAt === null) {
    const waits = Date.parse(turnOn.at) < Date.now() - TURN_MS
    return (
      <Banner
        tone="running"
        title={
          <>
            {waits ? 'It was to turn on by itself' : 'It turns on by itself'} <When at={turnOn.at} />
          </>
        }
        action={
          actions ? (
            <Group gap="xs">
              <SetTime workspace={workspace} flow={flow} />
              <PutAway workspace={workspace} flow={flow} word="Leave it off" said={`${flow.name} stays off.`} />
            </Group>
          ) : undefined
        }
      >
        <p>
          {waits ? WAITS : MEANWHILE[turnOn.backlog]} {turnOn.by ? `${turnOn.by} has set it.` : ''}
        </p>
      </Banner>
    )
  }
  if (turnOn.refused !== null) {
    return refused ? null : (
      <Banner
        tone="attention"
        title="It was to turn on by itself, and stayed off"
        action={actions ? <PutAway workspace={workspace} flow={flow} word="I have seen it" /> : undefined}
      >
        <p>
          {turnOn.refused} It was set for <When at={turnOn.at} />. When that is settled, turn it on.
        </p>
      </Banner>
    )
  }
  return (
    <Banner
      tone="ok"
      title={
        <>
          It turned on again by itself <When at={turnOn.settledAt} />
        </>
      }
      action={actions ? <PutAway workspace={workspace} flow={flow} word="I have seen it" /> : undefined}
    >
      <p>{turnOn.by ? `${turnOn.by} had set it.` : 'It was set before.'}</p>
    </Banner>
  )
}

const refresh = (client: ReturnType<typeof useQueryClient>, workspace: string) =>
  Promise.all([
    client.invalidateQueries({ queryKey: [workspace, 'flows'] }),
    client.invalidateQueries({ queryKey: [workspace, 'automations'] }),
  ])

function PutAway(props: { workspace: string; flow: Flow; word: string; said?: string }) {
  const client = useQueryClient()
  const drop = useMutation({
    mutationFn: () => api.dropTurnOn(props.workspace, props.flow.id),
    onSuccess: async () => {
      if (props.said) notifications.show({ message: props.said })
      await refresh(client, props.workspace)
    },
    onError: (error) => notifications.show({ color: 'red', message: sayError(error).title }),
  })
  return (
    <Button
      size="xs"
      variant="default"
      loading={drop.isPending}
      aria-label={`${props.word}: ${props.flow.name}`}
      onClick={() => drop.mutate()}
    >
      {props.word}
    </Button>
  )
}

/** As it was set, where its time has not come; else tomorrow morning. */
const draftOf = (turnOn: TurnOnView | null): TurnOnDraft =>
  turnOn?.settledAt === null
    ? { local: localAt(Date.parse(turnOn.at), preferredZone()), backlog: turnOn.backlog }
    : { local: tomorrowMorning(Date.now(), preferredZone()), backlog: undefined }

function SetTime({ workspace, flow }: { workspace: string; flow: Flow }) {
  const client = useQueryClient()
  const [draft, setDraft] = useState<TurnOnDraft>()
  const wanted = draft && turnOnOf(draft, Date.now())
  const set = useMutation({
    mutationFn: () => api.setTurnOn(workspace, flow.id, wanted!), // the button is off without it
    onSuccess: async () => {
      setDraft(undefined)
      await refresh(client, workspace)
    },
  })
  const change = flow.turnOn !== null
  return (
    <>
      <Button
        size="xs"
        variant={change ? 'default' : 'subtle'}
        aria-label={`${change ? 'Change the time' : 'Turn on at a time'}: ${flow.name}`}
        onClick={() => {
          set.reset()
          setDraft(draftOf(flow.turnOn))
        }}
      >
        {change ? 'Change the time…' : 'Turn on at a time…'}
      </Button>
      <EffectDialog
        open={draft !== undefined}
        title={`When does ${flow.name} turn on?`}
        verb="Set the time"
        keep="Leave it"
        disabled={wanted === undefined}
        busy={set.isPending}
        error={set.error}
        onConfirm={() => set.mutate()}
        onClose={() => setDraft(undefined)}
      >
        {draft ? <TurnOnTime draft={draft} onChange={setDraft} /> : null}
      </EffectDialog>
    </>
  )
}
