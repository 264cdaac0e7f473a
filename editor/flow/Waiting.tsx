import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { WaitingList } from '../../server/contract/waiting.ts'
import * as kept from '../kept.ts'
import { countOf } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { MarkBar } from '../parts/MarkBar.tsx'
import { When } from '../parts/When.tsx'
import { Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

type Row = WaitingList['items'][number]

/** Records that the step “Wait until” holds. */
export function Waiting({ workspace, flow }: { workspace: string; flow: string }) {
  const { may } = useRights(workspace)
  const waiting = useQuery(kept.waitingQuery(workspace, flow))
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set())
  const mayAct = may('runs.rerun') || may('runs.cancel')
  const columns: readonly Column<Row>[] = [
    {
      id: 'due',
      title: 'Goes on',
      cell: (one) =>
        one.goesOnIn === null ? (
          <When at={one.notBefore} />
        ) : (
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: one.goesOnIn }}>
            Goes on now
          </Link>
        ),
    },
    { id: 'step', title: 'Step', grow: true, cell: (one) => one.name ?? `A step that is gone (${one.node})` },
    { id: 'came', title: 'Came', cell: (one) => <When at={one.cameAt} /> },
    {
      id: 'run',
      title: 'From',
      cell: (one) => (
        <Link to="/w/$workspace/runs/$run" params={{ workspace, run: one.run }}>
          Its run
        </Link>
      ),
    },
  ]
  return (
    <Section
      title="Records that wait"
      note="Held by the step “Wait until”. What is in them is shown by the run that left them."
    >
      <Loaded query={waiting} rows={3}>
        {({ count, items }) => {
          const ids = items.filter(({ id, goesOnIn }) => marked.has(id) && goesOnIn === null).map(({ id }) => id)
          return count === 0 ? (
            <EmptyState title="No record waits" />
          ) : (
            <>
              {mayAct ? (
                <MarkBar
                  label="Records that wait"
                  marked={ids.length > 0}
                  sentence={
                    ids.length > 0
                      ? `${countOf(ids.length, 'record')} marked.`
                      : `${countOf(count, 'record')} wait${count === 1 ? 's' : ''}${count > items.length ? `; the first ${items.length} are shown` : ''}.`
                  }
                >
                  {may('runs.rerun') ? (
                    <Act kind="release" {...{ workspace, flow, ids, count }} onDone={() => setMarked(new Set())} />
                  ) : null}
                  {may('runs.cancel') ? (
                    <Act kind="drop" {...{ workspace, flow, ids, count }} onDone={() => setMarked(new Set())} />
                  ) : null}
                </MarkBar>
              ) : null}
              <DataTable
                label="Records that wait"
                columns={columns}
                rows={items}
                rowKey={(one) => one.id}
                {...(mayAct
                  ? {
                      marks: {
                        chosen: marked,
                        onChange: setMarked,
                        may: (one: Row) => one.goesOnIn === null,
                        name: (one: Row) => `${one.name ?? one.node}, came ${one.cameAt}`,
                      },
                    }
                  : {})}
              />
            </>
          )
        }}
      </Loaded>
    </Section>
  )
}

const ACTS = {
  release: { verb: 'Let go on now', all: 'Let all go on now', done: 'on the way' },
  drop: { verb: 'Drop', all: 'Drop all', done: 'dropped' },
} as const

/** Of the marked ones; of all, where none is marked. */
function Act(props: {
  kind: keyof typeof ACTS
  workspace: string
  flow: string
  ids: readonly string[]
  count: number
  onDone: () => void
}) {
  const { kind, workspace, flow, ids, count } = props
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const { verb, all, done } = ACTS[kind]
  const many = countOf(ids.length === 0 ? count : ids.length, 'record')
  const act = useMutation({
    mutationFn: async () => {
      const which = ids.length === 0 ? { all: true as const } : { ids: [...ids] }
      return kind === 'release'
        ? (await kept.releaseWaiting(workspace, flow, which)).released
        : (await kept.cancelWaiting(workspace, flow, which)).cancelled
    },
    onSuccess: async (affected) => {
      setAsked(false)
      props.onDone()
      notifications.show({ message: `${countOf(affected, 'record')} ${done}.` })
      await client.invalidateQueries({ queryKey: [workspace, 'flows', flow, 'waiting'] })
    },
  })
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)}>
        {ids.length === 0 ? all : verb}…
      </Button>
      <EffectDialog
        open={asked}
        title={kind === 'release' ? `Let ${many} go on now?` : `Drop ${many}?`}
        verb={kind === 'release' ? 'Let them go on' : 'Drop them'}
        keep="Let them wait"
        danger={kind === 'drop'}
        busy={act.isPending}
        error={act.error}
        onConfirm={() => act.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          {kind === 'release'
            ? 'Within a few seconds a run takes them on from the step that holds them, as if their time had come. What follows may write to other systems.'
            : 'They never go on, and cannot be brought back. Those that a run has taken already are left to it.'}
        </p>
      </EffectDialog>
    </>
  )
}
