import { Button, Checkbox } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { SettleAnswer, SettleRequest } from '../../server/contract/effects.ts'
import * as api from '../api.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { ReasonInput } from '../parts/ReasonInput.tsx'

type Verdict = SettleRequest['verdict']

const TITLES: { readonly [verdict in Verdict]: (what: string) => string } = {
  arrived: (what) => `${what} arrived?`,
  'did-not-arrive': (what) => `${what} did not arrive?`,
}

/** Two buttons for a person who has looked in the other system; each says what follows before it does it. */
export function Settle(props: {
  workspace: string
  effects: SettleRequest['effects']
  /** Names what is meant: “INV-0192”, “12 items”. */
  what: string
  onDone: (answer: SettleAnswer) => void
}) {
  const { workspace, effects } = props
  const client = useQueryClient()
  const [verdict, setVerdict] = useState<Verdict>()
  const [reason, setReason] = useState('')
  const [retry, setRetry] = useState(true)
  const settle = useMutation({
    mutationFn: (chosen: Verdict) =>
      api.settle(workspace, {
        effects,
        verdict: chosen,
        reason: reason.trim(),
        retry: chosen === 'did-not-arrive' && retry,
      }),
    onSuccess: async (answer) => {
      setVerdict(undefined)
      setReason('')
      notifications.show({ message: sayAnswer(answer) })
      props.onDone(answer)
      void client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
      void client.invalidateQueries({ queryKey: [workspace, 'runs'] })
      await client.invalidateQueries({ queryKey: [workspace, 'unknowns'] })
    },
  })
  const ask = (chosen: Verdict): void => {
    settle.reset()
    setVerdict(chosen)
  }
  const many = effects.length
  const arrived = verdict === 'arrived'
  return (
    <>
      <Button variant="default" onClick={() => ask('arrived')}>
        {many === 1 ? 'It arrived…' : 'They arrived…'}
      </Button>
      <Button variant="default" onClick={() => ask('did-not-arrive')}>
        {many === 1 ? 'It did not arrive…' : 'They did not arrive…'}
      </Button>
      <EffectDialog
        open={verdict !== undefined}
        title={verdict ? TITLES[verdict](props.what) : ''}
        verb={
          arrived
            ? `Settle ${countOf(many, 'item')} as arrived`
            : retry
              ? `Send ${countOf(many, 'item')} again`
              : `Settle ${countOf(many, 'item')} as not arrived`
        }
        keep="I have not looked yet"
        disabled={reason.trim() === ''}
        busy={settle.isPending}
        error={settle.error}
        onConfirm={() => {
          if (verdict) settle.mutate(verdict)
        }}
        onClose={() => setVerdict(undefined)}
      >
        {arrived ? (
          <p>
            You have seen {many === 1 ? 'it' : 'them'} in the other system. {many === 1 ? 'It counts' : 'They count'} as
            sent and {many === 1 ? 'is' : 'are'} not sent again; the open exceptions about {many === 1 ? 'it' : 'them'}{' '}
            are resolved.
          </p>
        ) : (
          <>
            <p>
              You have looked, and {many === 1 ? 'it is' : 'they are'} not in the other system.{' '}
              {many === 1 ? 'It' : 'They'} may be sent again. If {many === 1 ? 'it is' : 'they are'} there after all,{' '}
              {many === 1 ? 'it is' : 'they are'} there twice.
            </p>
            <Checkbox
              label={many === 1 ? 'Send it again now' : 'Send them again now'}
              description="Otherwise the exceptions stay open, and can be tried again later."
              checked={retry}
              onChange={(event) => setRetry(event.currentTarget.checked)}
            />
          </>
        )}
        <ReasonInput
          label="How do you know?"
          description="Kept with your name."
          placeholder={arrived ? 'Seen in the account on 22 Nov' : 'Searched by invoice number, nothing there'}
          value={reason}
          onChange={setReason}
        />
      </EffectDialog>
    </>
  )
}

function sayAnswer(answer: SettleAnswer): string {
  const parts = [
    `${countOf(answer.settled, 'item')} settled`,
    ...(answer.already > 0 ? [`${countOf(answer.already, 'item')} had been settled before`] : []),
    ...(answer.resolved > 0 ? [`${countOf(answer.resolved, 'exception')} resolved`] : []),
    ...(answer.run ? ['sent again in a new run'] : []),
  ]
  return `${parts.join(', ')}.`
}
