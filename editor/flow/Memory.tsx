import { Button, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { KeyMemory, NodeMemoryList } from '../../server/contract/node-memory.ts'
import * as kept from '../kept.ts'
import { countOf, sayCount } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { Card, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import classes from './Memory.module.css'

type Row = NodeMemoryList['items'][number]

/** What steps remember from run to run: contents seen (changed only), running values. Only hashes of keys are kept. */
export function Memory({ workspace, flow }: { workspace: string; flow: string }) {
  const { may } = useRights(workspace)
  const memory = useQuery(kept.memoryQuery(workspace, flow))
  const columns: readonly Column<Row>[] = [
    { id: 'step', title: 'Step', grow: true, cell: (one) => one.name ?? `A step that is gone (${one.node})` },
    { id: 'keys', title: 'Keys', align: 'end', cell: (one) => sayCount(one.keys) },
    { id: 'at', title: 'Last one', cell: (one) => <When at={one.at} /> },
    {
      id: 'reset',
      title: 'Forget all',
      silent: true,
      cell: (one) => (may('runs.rerun') ? <Reset workspace={workspace} flow={flow} step={one} /> : null),
    },
  ]
  return (
    <Section
      title="What steps remember"
      note="“Changed only” knows what it has seen, “Running value” what it has added up. Keys are kept scrambled: they can be asked about, not listed."
    >
      <Loaded query={memory} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No step remembers anything yet" />
          ) : (
            <>
              <DataTable label="Steps that remember" columns={columns} rows={items} rowKey={(one) => one.node} />
              {may('payloads.read')
                ? items.map((one) => (
                    <AskKey key={one.node} workspace={workspace} flow={flow} step={one} mayForget={may('runs.rerun')} />
                  ))
                : null}
            </>
          )
        }
      </Loaded>
    </Section>
  )
}

function AskKey(props: { workspace: string; flow: string; step: Row; mayForget: boolean }) {
  const { workspace, flow, step } = props
  const client = useQueryClient()
  const [written, setWritten] = useState('')
  const [asked, setAsked] = useState(false)
  const name = step.name ?? step.node
  // A key of several fields is written with a comma between them.
  const key = written.split(',').map((part) => part.trim())
  const given = key.length <= 5 && key.every((part) => part !== '')
  const ask = useMutation({ mutationFn: () => kept.lookUpKey(workspace, flow, step.node, { key }) })
  const forget = useMutation({
    mutationFn: () => kept.forgetKey(workspace, flow, step.node, { key }),
    onSuccess: async ({ keys }) => {
      setAsked(false)
      ask.reset()
      notifications.show({ message: keys === 0 ? 'It was not known any more.' : 'Forgotten.' })
      await client.invalidateQueries({ queryKey: [workspace, 'flows', flow, 'memory'] })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (given) ask.mutate()
  }
  return (
    <Card>
      <form className={classes.ask} onSubmit={submit}>
        <TextInput
          label={`What does “${name}” know of a key?`}
          description="Written as the step has it. Several fields: with a comma between them."
          placeholder="ada@example.com"
          autoComplete="off"
          maxLength={2000}
          value={written}
          onChange={(event) => {
            ask.reset()
            setWritten(event.currentTarget.value)
          }}
        />
        <Button type="submit" variant="default" disabled={!given} loading={ask.isPending}>
          Look up
        </Button>
      </form>
      <Failure error={ask.error} />
      {ask.data ? (
        <Known found={ask.data.found}>
          {props.mayForget ? (
            <Button size="compact-sm" variant="default" onClick={() => setAsked(true)}>
              Forget this key…
            </Button>
          ) : null}
        </Known>
      ) : null}
      <EffectDialog
        open={asked}
        title="Forget this key?"
        verb="Forget it"
        keep="Keep it"
        danger
        busy={forget.isPending}
        error={forget.error}
        onConfirm={() => forget.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>The next record of this key counts as new: it passes on, and running values begin at nothing.</p>
      </EffectDialog>
    </Card>
  )
}

function Known({ found, children }: { found: KeyMemory['found']; children: ReactNode }) {
  if (found === null) {
    return (
      <Banner tone="attention" title="This key is not known here" live>
        <p>No record of it has come past, or it was forgotten.</p>
      </Banner>
    )
  }
  return (
    <>
      <Facts>
        <Fact term="Last settled">
          <When at={found.at} />
        </Fact>
        {found.values.map((one) => (
          <Fact key={one.name} term={one.name}>
            {one.value ?? '–'} <span className="muted">of {countOf(one.contributions, 'contribution')}</span>
          </Fact>
        ))}
      </Facts>
      {children}
    </>
  )
}

function Reset({ workspace, flow, step }: { workspace: string; flow: string; step: Row }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const name = step.name ?? step.node
  const reset = useMutation({
    mutationFn: () => kept.forgetNode(workspace, flow, step.node),
    onSuccess: async ({ keys }) => {
      setAsked(false)
      notifications.show({ message: `“${name}” has forgotten ${countOf(keys, 'key')}.` })
      await client.invalidateQueries({ queryKey: [workspace, 'flows', flow, 'memory'] })
    },
  })
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={`Forget all of ${name}`} onClick={() => setAsked(true)}>
        Forget all…
      </Button>
      <EffectDialog
        open={asked}
        title={`Let “${name}” forget ${countOf(step.keys, 'key')}?`}
        verb="Forget all"
        keep="Keep them"
        danger
        busy={reset.isPending}
        error={reset.error}
        onConfirm={() => reset.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          The next run takes every record for new: “Changed only” lets all of them pass, and running values begin at
          nothing. The ledger still keeps what was sent from being sent twice. It cannot be undone.
        </p>
      </EffectDialog>
    </>
  )
}
