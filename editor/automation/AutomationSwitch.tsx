import { Button, Checkbox, Switch, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import * as api from '../api.ts'
import { preferredZone } from '../format/preferred.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { switchPreviewQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { type BacklogChoice, mustChoose, SwitchEffects } from './SwitchEffects.tsx'
import { tomorrowMorning } from './turn-on.ts'
import { type TurnOnDraft, TurnOnTime, turnOnOf } from './TurnOnTime.tsx'

/**
 * Asks the server what switching does, shows it, and holds it to it: `basis` goes back with the answer. The new state is
 * shown only when the server has answered; a refusal stays in the dialog with its reason.
 */
export function AutomationSwitch(props: {
  workspace: string
  flow: { readonly id: string; readonly name: string; readonly enabled: boolean; readonly published: boolean }
  size?: 'sm' | 'lg'
  /** It is on but has stopped itself: a button that turns it on again stands instead of the switch. */
  again?: boolean
  /** Stands in the dialog below what the server says. */
  children?: ReactNode
}) {
  const { workspace, flow } = props
  const client = useQueryClient()
  const { may, closing } = useRights(workspace)
  const [asked, setAsked] = useState(false)
  const [choice, setChoice] = useState<BacklogChoice>()
  const [later, setLater] = useState<TurnOnDraft>()
  const on = props.again === true || !flow.enabled
  const preview = useQuery({ ...switchPreviewQuery(workspace, flow.id, on), enabled: asked })
  const toggle = useMutation({
    mutationFn: (backlog: BacklogChoice | undefined) =>
      api.switchFlow(workspace, flow.id, on, {
        backlog,
        basis: preview.data?.basis,
        again: later && turnOnOf(later, Date.now()),
      }),
    onSuccess: async (answer) => {
      setAsked(false)
      notifications.show({
        message: answer.enabled ? `${flow.name} is on.` : `${flow.name} is off. Nothing new starts by itself.`,
      })
      await Promise.all([
        client.invalidateQueries({ queryKey: [workspace, 'flows'] }),
        client.invalidateQueries({ queryKey: [workspace, 'automations'] }),
      ])
    },
    // What was shown does not hold any more: it is asked for again.
    onError: () => preview.refetch(),
  })
  const ask = (): void => {
    toggle.reset()
    setChoice(undefined)
    setLater(undefined)
    setAsked(true)
  }
  const waits =
    preview.data === undefined ||
    preview.isFetching ||
    (mustChoose(preview.data) && choice === undefined) ||
    (later !== undefined && turnOnOf(later, Date.now()) === undefined)
  const word = toggle.isPending ? (on ? 'Turning on…' : 'Turning off…') : flow.enabled ? 'On' : 'Off'
  const reason = !flow.published
    ? 'Publish a version first: only a version can be on.'
    : may('flows.switch')
      ? undefined
      : closing
        ? 'This workspace is being closed: all of its flows are off.'
        : 'Your role may not switch flows.'
  return (
    <>
      <Tooltip
        label={reason}
        disabled={reason === undefined}
        withArrow
        events={{ hover: true, focus: true, touch: true }}
      >
        <span>
          {props.again ? (
            <Button size="xs" variant="default" disabled={reason !== undefined || toggle.isPending} onClick={ask}>
              Turn on again…
            </Button>
          ) : (
            <Switch
              size={props.size ?? 'lg'}
              checked={flow.enabled}
              disabled={reason !== undefined || toggle.isPending}
              label={word}
              // Short enough to stay whole beside a long name.
              styles={{ label: { whiteSpace: 'nowrap' } }}
              aria-label={`${flow.name}: ${word}`}
              onChange={ask}
            />
          )}
        </span>
      </Tooltip>
      <EffectDialog
        open={asked}
        title={on ? `Turn on ${flow.name}?` : `Turn off ${flow.name}?`}
        verb={on ? 'Turn on' : 'Turn off'}
        keep={props.again ? 'Not yet' : on ? 'Leave it off' : 'Keep it on'}
        disabled={waits}
        busy={toggle.isPending}
        error={toggle.error}
        onConfirm={() => toggle.mutate(on ? choice : undefined)}
        onClose={() => setAsked(false)}
      >
        <Loaded query={preview} rows={3}>
          {(data) => (
            <SwitchEffects
              preview={data}
              choice={choice}
              onChoose={setChoice}
              // What stands below names it with all its steps.
              unnamed={props.children === undefined}
            />
          )}
        </Loaded>
        {props.children}
        {on ? null : (
          <Checkbox
            label="Turn it on again by itself"
            checked={later !== undefined}
            onChange={(event) =>
              setLater(
                event.currentTarget.checked
                  ? { local: tomorrowMorning(Date.now(), preferredZone()), backlog: undefined }
                  : undefined,
              )
            }
          />
        )}
        {later ? <TurnOnTime draft={later} onChange={setLater} /> : null}
      </EffectDialog>
    </>
  )
}
