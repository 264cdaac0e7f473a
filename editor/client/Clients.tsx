import { Button, Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ClientList, ClientPush, ClientView } from '../../server/contract/clients.ts'
import type { FlowView } from '../../server/contract/flows.ts'
import { countOf } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { MarkBar } from '../parts/MarkBar.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { AddClient } from './AddClient.tsx'
import { AdoptClient } from './AdoptClient.tsx'
import classes from './Clients.module.css'
import { PushDialog } from './PushDialog.tsx'
import { Release } from './Release.tsx'
import { clientsQuery } from './requests.ts'
import { TakeBack } from './TakeBack.tsx'

export const keyOf = ({ workspace, flow }: Pick<ClientView, 'workspace' | 'flow'>) => `${workspace.id} ${flow.id}`

/** Flows in clients' workspaces that were made of this one: which version each has, and a push of another. */
export function Clients({ workspace, flow }: { workspace: string; flow: FlowView }) {
  const clients = useQuery(clientsQuery(workspace, flow.id))
  return <Loaded query={clients}>{(list) => <Listed workspace={workspace} flow={flow} list={list} />}</Loaded>
}

function Listed({ workspace, flow, list }: { workspace: string; flow: FlowView; list: ClientList }) {
  const { may } = useRights(workspace)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [asked, setAsked] = useState<'push' | 'add' | 'adopt'>()
  const { items, hidden, pushes } = list
  const marked = items.filter((one) => one.mayPush && chosen.has(keyOf(one)))
  const behind = items.filter((one) => flow.liveVersion !== null && one.version < flow.liveVersion).length
  const publishes = may('flows.publish') && flow.liveVersion !== null
  const add = publishes ? (
    <>
      <Button variant="default" onClick={() => setAsked('add')}>
        Add a client…
      </Button>
      <Button variant="default" onClick={() => setAsked('adopt')}>
        Adopt a flow…
      </Button>
    </>
  ) : null
  const others = hidden > 0 ? ` ${countOf(hidden, 'client')} in workspaces that you are no member of.` : ''
  return (
    <>
      {items.length === 0 ? (
        <EmptyState title="No client runs this flow yet">
          {flow.liveVersion === null
            ? 'Publish it first. Then each client gets a flow of it in a workspace of their own.'
            : 'Each client gets a flow of it in a workspace of their own, with their own connections and answers; a flow that a client has already can be adopted. New versions are pushed to those you choose.'}
          {others}
        </EmptyState>
      ) : (
        <>
          <MarkBar
            label="Clients that are marked"
            marked={marked.length > 0}
            sentence={
              marked.length > 0
                ? `${countOf(marked.length, 'client')} marked`
                : `${countOf(items.length, 'client')}, ${behind === 0 ? 'all on the live version' : `${behind} on an earlier version`}.${others}`
            }
          >
            {publishes ? (
              <Button disabled={marked.length === 0} onClick={() => setAsked('push')}>
                Push a version…
              </Button>
            ) : null}
            {add}
          </MarkBar>
          <DataTable
            label="Clients"
            columns={columns(workspace, flow)}
            rows={items}
            rowKey={keyOf}
            marks={
              publishes
                ? { chosen, onChange: setChosen, may: (row) => row.mayPush, name: (row) => row.workspace.name }
                : undefined
            }
          />
        </>
      )}
      {items.length === 0 ? <Group mt="md">{add}</Group> : null}
      {pushes.some(({ results }) => results.length > 0) ? (
        <Section title="What was pushed">
          <History pushes={pushes} />
        </Section>
      ) : null}
      {asked === 'push' ? (
        <PushDialog
          workspace={workspace}
          flow={flow}
          clients={marked}
          onClose={() => setAsked(undefined)}
          onDone={() => setChosen(new Set())}
        />
      ) : null}
      {asked === 'add' ? <AddClient workspace={workspace} flow={flow} onClose={() => setAsked(undefined)} /> : null}
      {asked === 'adopt' ? <AdoptClient workspace={workspace} flow={flow} onClose={() => setAsked(undefined)} /> : null}
    </>
  )
}

const columns = (workspace: string, flow: FlowView): readonly Column<ClientView>[] => [
  {
    id: 'client',
    title: 'Client',
    grow: true,
    cell: (row) => (
      <Link to="/w/$workspace/flows/$flow" params={{ workspace: row.workspace.id, flow: row.flow.id }}>
        {row.workspace.name}
      </Link>
    ),
  },
  { id: 'flow', title: 'Flow there', wrap: true, cell: (row) => row.flow.name },
  {
    id: 'version',
    title: 'Version',
    cell: (row) => (
      <>
        <StateBadge
          tone={row.version === flow.liveVersion ? 'ok' : 'waiting'}
          word={row.version === 0 ? 'None yet' : `Version ${row.version}`}
        />
        {row.waiting ? (
          <Link
            to="/w/$workspace/approvals/$approval"
            params={{ workspace: row.workspace.id, approval: row.waiting.approval }}
            className={classes.waits}
          >
            {row.waiting.kind === 'back'
              ? 'Taking it back waits for approval'
              : `Version ${row.waiting.version} waits for approval`}
          </Link>
        ) : null}
      </>
    ),
  },
  { id: 'state', title: 'State', cell: (row) => (row.archived ? 'Archived' : row.enabled ? 'On' : 'Off') },
  {
    id: 'pushed',
    title: 'Pushed',
    wideOnly: true,
    cell: (row) => <When at={row.lastPush?.at} empty="—" />,
  },
  {
    id: 'back',
    title: 'What you can do',
    silent: true,
    cell: (row) =>
      row.mayPush ? (
        <Group gap="xs" wrap="nowrap" justify="flex-end">
          {row.lastPush && row.waiting?.kind !== 'back' ? (
            <TakeBack workspace={workspace} flow={flow.id} client={row} />
          ) : null}
          <Release workspace={workspace} flow={flow} client={row} />
        </Group>
      ) : null,
  },
]

const OUTCOMES = {
  added: 'added',
  adopted: 'adopted, nothing changed there yet',
  released: 'let go of',
  pushed: 'pushed',
  asked: 'waits, or waited, for a second person there',
  'rolled-back': 'taken back',
  refused: 'refused',
  failed: 'failed',
} as const

function History({ pushes }: { pushes: readonly ClientPush[] }) {
  return (
    <ul className={classes.history}>
      {pushes
        .filter(({ results }) => results.length > 0)
        .map((push) => (
          <li key={push.id}>
            <strong>
              {push.kind === 'roll-back'
                ? 'Taken back'
                : push.kind === 'release'
                  ? 'Let go of'
                  : `Version ${push.version}`}
            </strong>{' '}
            <span className="muted">
              by {push.author}, <When at={push.at} />
            </span>
            <ul>
              {push.results.map((one) => (
                <li key={`${one.workspace} ${one.flow}`}>
                  {one.name || 'A client'}: {OUTCOMES[one.outcome]}
                  {one.number === null ? '' : `, version ${one.number} there`}
                  {one.reason === null ? '' : `. ${one.reason}`}
                </li>
              ))}
            </ul>
          </li>
        ))}
    </ul>
  )
}
