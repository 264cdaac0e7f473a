import { Button, Checkbox, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReportView } from '../../server/contract/reports.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { answerReport } from './requests.ts'

/** Answers what somebody said looks wrong; it stays open where more is to come. */
export function AnswerReport({ workspace, report }: { workspace: string; report: ReportView }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [answer, setAnswer] = useState('')
  const [close, setClose] = useState(true)
  const send = useMutation({
    mutationFn: () => answerReport(workspace, report.id, { answer: answer.trim(), close }),
    onSuccess: async () => {
      setAsked(false)
      notifications.show({ message: close ? 'Answered and closed.' : 'Answered. It stays open.' })
      await client.invalidateQueries({ queryKey: [workspace] })
    },
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Answer: ${report.words.slice(0, 80)}`}
        onClick={() => {
          send.reset()
          setAnswer(report.answer ?? '')
          setAsked(true)
        }}
      >
        Answer…
      </Button>
      <EffectDialog
        open={asked}
        title={`What do you say to ${report.by ?? 'them'}?`}
        verb={close ? 'Answer and close' : 'Answer'}
        keep="Not yet"
        disabled={answer.trim() === ''}
        busy={send.isPending}
        error={send.error}
        onConfirm={() => send.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>“{report.words}”</p>
        <Textarea
          label="Answer"
          description="It stands beside the automation, with your name."
          required
          autosize
          minRows={3}
          maxLength={2000}
          data-autofocus
          value={answer}
          onChange={(event) => setAnswer(event.currentTarget.value)}
        />
        <Checkbox label="That settles it" checked={close} onChange={(event) => setClose(event.currentTarget.checked)} />
      </EffectDialog>
    </>
  )
}
