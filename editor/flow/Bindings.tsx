import { Button, Select } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { BindingView } from '../../server/contract/flows.ts'
import { useState } from 'react'
import { AskRebind } from '../approval/AskRebind.tsx'
import { approvalRuleQuery } from '../approval/queries.ts'
import * as api from '../api.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { sayError } from '../parts/say-error.ts'
import { bindingsQuery, connectionsQuery, flowQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { sayConnection } from '../words.ts'
import classes from './Bindings.module.css'

/** The systems a flow speaks to, and the connection that each of its slots uses in this workspace. */
export function Bindings({ workspace, flow, on }: { workspace: string; flow: string; on: boolean }) {
  const bindings = useQuery(bindingsQuery(workspace, flow))
  return (
    <Loaded query={bindings} rows={2}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState title="This flow speaks to no other system">
            A step that reads from one or writes to one brings its place for a connection. Add it under Edit.
          </EmptyState>
        ) : (
          <ul className={classes.slots}>
            {items.map((binding) => (
              <Slot key={binding.slot} workspace={workspace} flow={flow} binding={binding} on={on} />
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}

function Slot(props: { workspace: string; flow: string; binding: BindingView; on: boolean }) {
  const { workspace, flow, binding } = props
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const connections = useQuery(connectionsQuery(workspace))
  const bind = useMutation({
    mutationFn: (connection: string) => api.bind(workspace, flow, { bindings: { [binding.slot]: connection } }),
    onSuccess: () => client.invalidateQueries({ queryKey: [workspace, 'flows', flow] }),
  })
  const approving = useQuery(approvalRuleQuery(workspace)).data?.on === true
  const live = useQuery(flowQuery(workspace, flow)).data?.liveVersion ?? null
  const [wanted, setWanted] = useState<string>()
  const fitting = (connections.data?.items ?? []).filter((one) => one.connector === binding.connector)
  const bound = fitting.find((one) => one.id === binding.connection?.id)
  const chosen = bind.isPending ? bind.variables : (binding.connection?.id ?? null)
  // A bound connection stands in the list even before (or without) the list of all.
  const options = fitting.map((one) => ({ value: one.id, label: one.name }))
  if (binding.connection && !bound) options.push({ value: binding.connection.id, label: binding.connection.name })
  return (
    <li className={classes.slot}>
      <Select
        label={binding.title}
        placeholder={
          connections.data === undefined
            ? connections.error
              ? 'The connections did not load'
              : 'Loading…'
            : options.length === 0
              ? 'No connection of this kind yet'
              : 'Choose a connection'
        }
        data={options}
        value={chosen}
        description={
          props.on ? `Turn the flow off to choose ${binding.connection ? 'another one' : 'one'}.` : undefined
        }
        disabled={props.on || !may('flows.edit') || options.length === 0 || bind.isPending}
        error={bind.error ? `${sayError(bind.error).title}. ${sayError(bind.error).detail}` : undefined}
        onChange={(id) => {
          if (id === null || id === binding.connection?.id) return
          if (approving && live !== null) setWanted(id)
          else bind.mutate(id)
        }}
      />
      <AskRebind
        workspace={workspace}
        flow={flow}
        slot={binding.slot}
        title={binding.title}
        connection={fitting.find((one) => one.id === wanted)}
        onClose={() => setWanted(undefined)}
      />
      <div className={classes.beside}>
        {connections.data === undefined && connections.error ? (
          <Button variant="default" size="compact-sm" onClick={() => void connections.refetch()}>
            Try again
          </Button>
        ) : null}
        {bound ? <StateBadge {...sayConnection(bound)} /> : null}
        {binding.connection ? (
          <Link to="/w/$workspace/connections/$connection" params={{ workspace, connection: binding.connection.id }}>
            Open connection
          </Link>
        ) : may('connections.manage') ? (
          <Link to="/w/$workspace/connections/new" params={{ workspace }} search={{ connector: binding.connector }}>
            New connection
          </Link>
        ) : null}
      </div>
    </li>
  )
}
