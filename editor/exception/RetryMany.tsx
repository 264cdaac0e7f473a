import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { ExceptionSelection, RetryAnswer } from '../../server/contract/exceptions.ts'
import * as api from '../api.ts'
import { countOf, sayCount } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { retryCountQuery } from '../queries.ts'
import { type VersionChoice, VersionRadio } from '../run/VersionRadio.tsx'
import { sayLeft } from './left.ts'

/** Tries exceptions again after counting how many, in how many runs, and what is left out and why. */
export function RetryMany(props: {
  workspace: string
  select: ExceptionSelection
  /** On the button. */
  word: string
  /** Completes “Try … again”. */
  what: string
  filled?: boolean
  onDone?: () => void
}) {
  const { workspace, select } = props
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState(false)
  const [version, setVersion] = useState<VersionChoice>('live')
  const count = useQuery({ ...retryCountQuery(workspace, { select, version }), enabled: asked })
  const retry = useMutation({
    mutationFn: () => api.retryExceptions(workspace, { select, version }),
    onSuccess: async (answer) => {
      setAsked(false)
      notifications.show({ message: `${countOf(answer.retried, 'record')} on the way again.` })
      props.onDone?.()
      void client.invalidateQueries({ queryKey: [workspace, 'runs'] })
      const read = client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
      const only = answer.runs.length === 1 ? answer.runs[0]?.run : null
      if (only) await navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: only } })
      else await read
    },
  })
  const many = count.data?.retried
  return (
    <>
      <Button
        variant={props.filled ? 'filled' : 'default'}
        data-try-again={props.filled || undefined}
        onClick={() => {
          retry.reset()
          setAsked(true)
        }}
      >
        {props.word}
      </Button>
      <EffectDialog
        open={asked}
        title={`Try ${props.what} again?`}
        verb={many === undefined ? 'Try again' : `Try ${sayCount(many)} again`}
        keep="Leave them"
        disabled={!many || count.isFetching}
        busy={retry.isPending}
        error={retry.error}
        onConfirm={() => retry.mutate()}
        onClose={() => setAsked(false)}
      >
        <VersionRadio same={undefined} value={version} onChange={setVersion} />
        <Loaded query={count} rows={2}>
          {(answer) => <Counted answer={answer} />}
        </Loaded>
      </EffectDialog>
    </>
  )
}

function Counted({ answer }: { answer: RetryAnswer }) {
  const left = Object.entries(answer.left).filter(([, count]) => count > 0)
  return (
    <>
      {answer.retried > 0 ? (
        <p>
          <strong>{countOf(answer.retried, 'record')}</strong> in {countOf(answer.runs.length, 'run')}: each goes on at
          the step where it was set aside, in the order in which they came. What was sent before is not sent again.
        </p>
      ) : (
        <p>None of them can be tried again.</p>
      )}
      {left.length > 0 ? (
        <>
          <p>
            {countOf(
              left.reduce((sum, [, count]) => sum + count, 0),
              'record',
            )}{' '}
            left out:
          </p>
          <ul style={{ margin: 0, paddingInlineStart: 20 }}>
            {left.map(([code, count]) => (
              <li key={code}>
                {sayCount(count)} {sayLeft(code)}
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </>
  )
}
