import { Button, Select } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { AlertView } from '../../server/contract/alerts.ts'
import { acknowledgeAlert, alertsQuery } from '../alerts.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Filters } from '../parts/Filters.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { useRights } from '../shell/use-rights.ts'
import { ALERT_WORDS } from './say.ts'

/** What rules have found. */
export function Inbox({ workspace, watching }: { workspace: string; watching: boolean | undefined }) {
  const { may } = useRights(workspace)
  const [state, setState] = useState<'open' | 'resolved'>('open')
  const alerts = useInfiniteQuery(alertsQuery(workspace, state))
  const rows = alerts.data?.pages.flatMap((page) => page.items) ?? []
  const columns: readonly Column<AlertView>[] = [
    { id: 'severity', title: 'Severity', cell: (one) => <StateBadge {...ALERT_WORDS[one.severity]} /> },
    {
      id: 'sentence',
      title: 'What is wrong',
      grow: true,
      wrap: true,
      cell: (one) => (
        <>
          <strong>{one.sentence}</strong>
          <br />
          <span className="muted">
            {one.detail} <Where workspace={workspace} alert={one} />
          </span>
        </>
      ),
    },
    { id: 'rule', title: 'Rule', wideOnly: true, cell: (one) => one.rule.name },
    { id: 'since', title: 'Since', cell: (one) => <When at={one.openedAt} /> },
    {
      id: 'who',
      title: 'Who looks after it',
      cell: (one) =>
        one.resolvedAt !== null ? (
          <span className="muted">
            Over <When at={one.resolvedAt} />
          </span>
        ) : one.acknowledgedAt !== null ? (
          (one.acknowledgedBy ?? 'Somebody who left')
        ) : may('alerts.acknowledge') ? (
          <TakeOn workspace={workspace} alert={one} />
        ) : (
          'Nobody yet'
        ),
    },
  ]
  return (
    <>
      <Filters label="Filter alerts">
        <Select
          label="State"
          data={[
            { value: 'open', label: 'Open' },
            { value: 'resolved', label: 'Over' },
          ]}
          value={state}
          allowDeselect={false}
          onChange={(value) => setState(value === 'resolved' ? 'resolved' : 'open')}
        />
      </Filters>
      <Loaded query={alerts}>
        {() =>
          rows.length === 0 ? (
            watching === false && state === 'open' ? (
              <EmptyState
                title="Nothing is watched"
                action={
                  <ButtonLink to="/w/$workspace/alerts" params={{ workspace }} search={{ tab: 'rules' }}>
                    {may('alerts.manage') ? 'Set up rules' : 'See the rules'}
                  </ButtonLink>
                }
              >
                No rule is on, so nobody is told when a flow fails, falls silent or a sign-in ends.
              </EmptyState>
            ) : (
              <EmptyState title={state === 'open' ? 'Nothing is wrong' : 'Nothing has been wrong yet'}>
                {state === 'open' ? (
                  <>
                    As far as the rules watch.{' '}
                    <Link to="/w/$workspace/alerts" params={{ workspace }} search={{ tab: 'rules' }}>
                      See the rules
                    </Link>
                  </>
                ) : null}
              </EmptyState>
            )
          ) : (
            <DataTable
              label="Alerts"
              columns={columns}
              rows={rows}
              rowKey={(one) => one.id}
              more={
                alerts.hasNextPage
                  ? { load: () => void alerts.fetchNextPage(), loading: alerts.isFetchingNextPage }
                  : undefined
              }
            />
          )
        }
      </Loaded>
    </>
  )
}

function Where({ workspace, alert }: { workspace: string; alert: AlertView }) {
  if (alert.flow !== null) {
    return (
      <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: alert.flow }} search={{ tab: 'runs' }}>
        Open the flow
      </Link>
    )
  }
  if (alert.connection === null) return null
  return (
    <Link to="/w/$workspace/connections/$connection" params={{ workspace, connection: alert.connection }}>
      Open the connection
    </Link>
  )
}

function TakeOn({ workspace, alert }: { workspace: string; alert: AlertView }) {
  const client = useQueryClient()
  const take = useMutation({
    mutationFn: () => acknowledgeAlert(workspace, alert.id),
    onSuccess: () => client.invalidateQueries({ queryKey: [workspace, 'alerts'] }),
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={take.isPending}
      aria-label={`I take it on: ${alert.sentence}`}
      onClick={() => take.mutate()}
    >
      {take.isError ? 'Try again' : 'I take it on'}
    </Button>
  )
}
