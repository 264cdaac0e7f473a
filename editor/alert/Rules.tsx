import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AlertRuleList, AlertRuleRequest, AlertRuleView } from '../../server/contract/alerts.ts'
import { alertRulesQuery, deleteAlertRule, makeAlertRule, testAlertRule } from '../alerts.ts'
import { countOf } from '../format/number.ts'
import { preferredZone } from '../format/preferred.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { DeleteButton } from '../parts/DeleteButton.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { sayError } from '../parts/say-error.ts'
import { flowsQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { RuleForm } from './RuleForm.tsx'
import { sayTiming, sayWatch } from './say.ts'

/** What is watched, and who is told. */
export function Rules({ workspace }: { workspace: string }) {
  const { may } = useRights(workspace)
  const rules = useQuery(alertRulesQuery(workspace))
  const flows = useQuery(flowsQuery(workspace))
  // A rule that is changed; null: a new one.
  const [open, setOpen] = useState<AlertRuleView | null | undefined>(undefined)
  const nameOf = (flow: string | null) =>
    flow === null ? 'All flows' : (flows.data?.items.find(({ id }) => id === flow)?.name ?? 'One flow')
  const add = may('alerts.manage') ? <Button onClick={() => setOpen(null)}>Add a rule</Button> : null
  const columns = (channels: AlertRuleList['channels']): readonly Column<AlertRuleView>[] => [
    {
      id: 'state',
      title: 'State',
      cell: (one) => (
        <StateBadge
          {...(one.enabled
            ? one.open > 0
              ? { tone: 'failed', word: countOf(one.open, 'alert') }
              : { tone: 'ok', word: 'Watches' }
            : { tone: 'off', word: 'Off' })}
        />
      ),
    },
    {
      id: 'name',
      title: 'Rule',
      grow: true,
      wrap: true,
      cell: (one) => (
        <>
          <strong>{one.name}</strong>
          <br />
          <span className="muted">
            {sayWatch(one.watch)}
            {one.watch.kind === 'budget' || one.watch.kind === 'expiry' ? '' : ` · ${nameOf(one.flow)}`}
          </span>
        </>
      ),
    },
    {
      id: 'to',
      title: 'Tells',
      grow: true,
      wrap: true,
      cell: (one) => (
        <>
          {one.recipients.length === 0
            ? 'Nobody: it stands in the list'
            : one.recipients
                .map(
                  ({ connection, address }) =>
                    address ?? channels.find(({ id }) => id === connection)?.name ?? 'a connection that is gone',
                )
                .join(', ')}
          {sayTiming(one) === '' ? null : (
            <>
              <br />
              <span className="muted">{sayTiming(one)}</span>
            </>
          )}
        </>
      ),
    },
    {
      id: 'acts',
      title: 'Change, try, delete',
      silent: true,
      cell: (one) =>
        may('alerts.manage') ? (
          <Group gap="xs" wrap="nowrap">
            <Button size="compact-sm" variant="default" aria-label={`Change ${one.name}`} onClick={() => setOpen(one)}>
              Change…
            </Button>
            <Test workspace={workspace} rule={one} />
            <Delete workspace={workspace} rule={one} />
          </Group>
        ) : null,
    },
  ]
  return (
    <Loaded query={rules}>
      {({ items, channels }) => (
        <>
          {items.length === 0 ? (
            <EmptyState
              title="Nothing is watched yet"
              action={
                may('alerts.manage') ? (
                  <Group gap="sm">
                    <Usual workspace={workspace} />
                    {add}
                  </Group>
                ) : null
              }
            >
              A rule says what is wrong, and who is told: by e-mail, in a channel, or in the list here.
            </EmptyState>
          ) : (
            <>
              <div>{add}</div>
              <DataTable label="Rules" columns={columns(channels)} rows={items} rowKey={(one) => one.id} />
            </>
          )}
          {open === undefined ? null : (
            <RuleForm
              workspace={workspace}
              rule={open}
              channels={channels}
              flows={flows.data?.items ?? []}
              onClose={() => setOpen(undefined)}
            />
          )}
        </>
      )}
    </Loaded>
  )
}

const USUAL: readonly Pick<AlertRuleRequest, 'name' | 'watch'>[] = [
  { name: 'A flow fails or stops', watch: { kind: 'failure' } },
  { name: 'A flow has not run for a day', watch: { kind: 'silence', of: 'runs', minutes: 1440 } },
  { name: 'Exceptions are open', watch: { kind: 'exceptions', atLeast: 1 } },
  { name: 'Calls of a day run out', watch: { kind: 'budget', percent: 80 } },
  { name: 'A sign-in or token ends in two weeks', watch: { kind: 'expiry', days: 14 } },
]

/** They fill the list here; whom they tell is for the person to say. */
function Usual({ workspace }: { workspace: string }) {
  const client = useQueryClient()
  const add = useMutation({
    mutationFn: async () => {
      const zone = preferredZone()
      for (const rule of USUAL) {
        await makeAlertRule(workspace, { ...rule, recipients: [], digestMinutes: 0, zone, enabled: true })
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: [workspace, 'alerts'] }),
    onError: (error) => notifications.show({ color: 'red', message: sayError(error).title }),
  })
  return (
    <Button variant="default" loading={add.isPending} onClick={() => add.mutate()}>
      Add the usual {USUAL.length}
    </Button>
  )
}

function Test({ workspace, rule }: { workspace: string; rule: AlertRuleView }) {
  const client = useQueryClient()
  const told = rule.recipients.length + (rule.escalate?.recipients.length ?? 0)
  const test = useMutation({
    mutationFn: () => testAlertRule(workspace, rule.id),
    onSuccess: async ({ messages }) => {
      notifications.show({ message: `${countOf(messages, 'message')} on the way. “Sent” says what became of it.` })
      await client.invalidateQueries({ queryKey: [workspace, 'alerts', 'messages'] })
    },
    onError: (error) => notifications.show({ color: 'red', message: sayError(error).title }),
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={test.isPending}
      disabled={told === 0}
      aria-label={`Send a test message of ${rule.name}`}
      onClick={() => test.mutate()}
    >
      Test
    </Button>
  )
}

function Delete({ workspace, rule }: { workspace: string; rule: AlertRuleView }) {
  return (
    <DeleteButton
      name={rule.name}
      verb="Delete the rule"
      run={() => deleteAlertRule(workspace, rule.id)}
      reread={[workspace, 'alerts']}
    >
      <p>
        Nobody is told any more. Its alerts and the list of what was sent for it go too. To pause it, switch it off.
      </p>
    </DeleteButton>
  )
}
