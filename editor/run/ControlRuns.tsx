import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ControlRunsAnswer, ControlRunsRequest, RunSelection } from '../../server/contract/runs.ts'
import { countOf, sayCount } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { path, request } from '../request.ts'

type What = 'resume' | 'cancel'

const control = (workspace: string, what: What, body: ControlRunsRequest, options: { signal?: AbortSignal } = {}) =>
  request<ControlRunsAnswer>('POST', `${path`/workspaces/${workspace}/runs`}/${what}`, { body, ...options })

const WORDS = {
  resume: {
    ...{ button: 'Resume…', verb: 'Resume', keep: 'Leave them paused', done: 'going on' },
    effect:
      'Each goes on with the batch after those that are settled, and keeps its place. Nothing is sent a second time.',
    none: 'None of them is paused.',
  },
  cancel: {
    ...{ button: 'Cancel…', verb: 'Cancel', keep: 'Let them go on', done: 'cancelled' },
    effect:
      'Those at work stop after the batch in hand. What was sent stays sent, and the next run of each flow reads on from there: nothing is lost and nothing is sent twice.',
    none: 'None of them can be cancelled.',
  },
} as const

const LEFT: { readonly [code: string]: string } = {
  RUN_ENDED: 'ended meanwhile',
  RUN_CANCELLING: 'being cancelled already',
  RUN_NOT_PAUSED: 'not paused',
}

/** Lets runs go on, or cancels them, after counting with how many of them that can be done. */
export function ControlRuns(props: {
  workspace: string
  what: What
  select: RunSelection
  /** Completes “Resume …?” */
  subject: string
  filled?: boolean
  onDone?: () => void
}) {
  const { workspace, what, select } = props
  const words = WORDS[what]
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const counted = useQuery({
    queryKey: [workspace, 'runs', 'control', what, select],
    queryFn: ({ signal }) => control(workspace, what, { select, dry: true }, { signal }),
    enabled: asked,
    ...{ staleTime: 0, gcTime: 0, refetchOnWindowFocus: false },
  })
  const change = useMutation({
    mutationFn: () => control(workspace, what, { select }),
    onSuccess: async ({ changed }) => {
      setAsked(false)
      notifications.show({ message: `${countOf(changed, 'run')} ${words.done}.` })
      props.onDone?.()
      await Promise.all([
        client.invalidateQueries({ queryKey: [workspace, 'runs'] }),
        client.invalidateQueries({ queryKey: [workspace, 'now'] }),
      ])
    },
  })
  const many = counted.data?.changed
  return (
    <>
      <Button
        variant={props.filled ? 'filled' : 'default'}
        data-control-runs={what}
        onClick={() => {
          change.reset()
          setAsked(true)
        }}
      >
        {words.button}
      </Button>
      <EffectDialog
        open={asked}
        title={`${words.verb} ${props.subject}?`}
        verb={many === undefined ? words.verb : `${words.verb} ${countOf(many, 'run')}`}
        keep={words.keep}
        danger={what === 'cancel'}
        disabled={!many || counted.isFetching}
        busy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate()}
        onClose={() => setAsked(false)}
      >
        <Loaded query={counted} rows={2}>
          {(answer) => <Counted answer={answer} words={words} />}
        </Loaded>
      </EffectDialog>
    </>
  )
}

function Counted({ answer, words }: { answer: ControlRunsAnswer; words: (typeof WORDS)[What] }) {
  const left = Object.entries(answer.left)
  return (
    <>
      {answer.changed === 0 ? (
        <p>{words.none}</p>
      ) : (
        <p>
          <strong>{countOf(answer.changed, 'run')}</strong>. {words.effect}
        </p>
      )}
      {answer.more ? <p>These are the oldest. There are more: ask again for those.</p> : null}
      {left.length > 0 ? (
        <p>Left as they are: {left.map(([code, count]) => `${sayCount(count)} ${LEFT[code] ?? code}`).join(', ')}.</p>
      ) : null}
    </>
  )
}
