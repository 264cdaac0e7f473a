import { UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import type { Cause, CauseClient } from '../../server/contract/causes.ts'
import { countOf, sayCount } from '../format/number.ts'
import { KIND_WORDS } from '../now/say-now.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { Sums } from '../parts/Sums.tsx'
import { When } from '../parts/When.tsx'
import classes from './CauseTable.module.css'
import { sayOperation } from './say-operation.ts'
import { TakeCause } from './TakeCause.tsx'
import { Whose } from './Whose.tsx'

/** Causes: the step and the words, what to do, how many at how many clients, since when, whose; each opens into its clients. */
export function CauseTable({ label, causes }: { label: string; causes: readonly Cause[] }) {
  const columns: readonly Column<Cause>[] = [
    { id: 'cause', title: 'Cause', grow: true, cell: (cause) => <Told cause={cause} /> },
    { id: 'kind', title: 'What', cell: (cause) => <StateBadge {...KIND_WORDS[cause.kind]} /> },
    {
      id: 'count',
      title: 'How many',
      align: 'end',
      cell: (cause) => (
        <span className={classes.many}>
          <span className="number">{sayMany(cause)}</span>
          {cause.money.length > 0 ? <Sums money={cause.money} lines="at stake" /> : null}
        </span>
      ),
    },
    { id: 'first', title: 'Since', cell: (cause) => <When at={cause.firstAt} /> },
    { id: 'last', title: 'Last seen', wideOnly: true, cell: (cause) => <When at={cause.lastAt} /> },
    {
      id: 'whose',
      title: 'Whose',
      wrap: true,
      cell: (cause) => {
        const at = cause.clients.filter(({ mayTake }) => mayTake).map(({ workspace, name }) => ({ workspace, name }))
        return (
          <span className={classes.whose}>
            <Whose {...cause} />
            {at.length === 0 ? null : <TakeCause cause={cause} at={at} others={cause.count - cause.unowned} />}
          </span>
        )
      },
    },
  ]
  return <DataTable label={label} columns={columns} rows={causes} rowKey={keyOf} />
}

const keyOf = ({ kind, code, desk, step, fault }: Cause): string =>
  [kind, code, desk, step?.operation, step?.id, fault].join(' ')

const unitOf = ({ kind }: Pick<Cause, 'kind'>) => (kind === 'failed' ? 'run' : 'record')

/** “34 runs, 5 clients” */
const sayMany = (cause: Cause): string =>
  `${countOf(cause.count, unitOf(cause))}, ${countOf(cause.clientCount, 'client')}`

function Told({ cause }: { cause: Cause }) {
  const [open, setOpen] = useState(false)
  const list = useId()
  const Chevron = open ? IconChevronDown : IconChevronRight
  return (
    <span className={classes.cause}>
      <UnstyledButton
        className={classes.open}
        aria-expanded={open}
        aria-controls={list}
        data-row-link=""
        onClick={() => setOpen(!open)}
      >
        <Chevron size={16} aria-hidden />
        <span>{cause.message}</span>
      </UnstyledButton>
      {cause.step ? (
        <span>
          {cause.step.name}
          {cause.step.operation ? <span className="muted"> · {sayOperation(cause.step.operation)}</span> : null}
        </span>
      ) : null}
      {cause.nextAction ? <span className="muted">{cause.nextAction}</span> : null}
      {open ? (
        <ul id={list} className={classes.clients} aria-label="At these clients">
          {cause.clients.map((client) => (
            <li key={client.workspace}>
              <AtClient cause={cause} client={client} />{' '}
              <span className="muted">
                {client.flows[0]?.name}
                {client.flowCount > 1 ? ` and ${sayCount(client.flowCount - 1)} more` : ''}, since{' '}
                <When at={client.firstAt} />
                {client.owners.length > 0 ? `, ${client.owners.map(({ name }) => name).join(', ')}` : ''}
              </span>
            </li>
          ))}
          {cause.clientCount > cause.clients.length ? (
            <li className="muted">and {sayCount(cause.clientCount - cause.clients.length)} more clients</li>
          ) : null}
        </ul>
      ) : null}
    </span>
  )
}

/** Leads to exactly what is counted at the client. */
function AtClient({ cause, client }: { cause: Cause; client: CauseClient }) {
  const { workspace, run } = client
  const words = `${client.name}: ${countOf(client.count, unitOf(cause))}`
  if (run !== null) {
    return (
      <Link to="/w/$workspace/runs/$run" params={{ workspace, run }}>
        {words}
      </Link>
    )
  }
  if (cause.kind === 'failed') {
    return (
      <Link
        to="/w/$workspace/runs"
        params={{ workspace }}
        search={{ state: 'failed', ...(cause.fault === null ? {} : { fault: cause.fault }) }}
      >
        {words}
      </Link>
    )
  }
  return (
    <Link
      to="/w/$workspace/exceptions"
      params={{ workspace }}
      search={{
        ...{ state: 'open', desk: cause.desk },
        ...(cause.step === null ? {} : { node: cause.step.id }),
        ...(cause.code === null ? {} : { code: cause.code }),
        ...(cause.fault === null ? {} : { fault: cause.fault }),
      }}
    >
      {words}
    </Link>
  )
}
