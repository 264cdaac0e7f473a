import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { CheckView, PeriodFlow } from '../../server/contract/periods.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { ReasonInput } from '../parts/ReasonInput.tsx'
import { sayCheck, sayMonth } from './month.ts'
import { allPeriods, signOff } from './requests.ts'

/** Signs a month of a flow off by the check that is shown. */
export function SignOff(props: { workspace: string; period: string; flow: PeriodFlow['flow']; check: CheckView }) {
  const { workspace, period, flow, check } = props
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [note, setNote] = useState('')
  const sign = useMutation({
    mutationFn: () =>
      signOff(workspace, period, flow.id, { run: check.run, ...(check.agrees ? {} : { note: note.trim() }) }),
    onSuccess: async () => {
      setAsked(false)
      setNote('')
      notifications.show({ message: `${sayMonth(period)} is signed off.` })
      await client.invalidateQueries({ queryKey: allPeriods(workspace) })
    },
  })
  return (
    <>
      <Button
        aria-label={`Sign off: ${flow.name}`}
        variant={check.agrees ? 'filled' : 'default'}
        onClick={() => {
          sign.reset()
          setAsked(true)
        }}
      >
        Sign off…
      </Button>
      <EffectDialog
        open={asked}
        title={`Sign off ${sayMonth(period)} of ${flow.name}?`}
        verb="Sign off"
        keep="Not yet"
        disabled={!check.agrees && note.trim() === ''}
        busy={sign.isPending}
        error={sign.error}
        onConfirm={() => sign.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>{sayCheck(period, check)} These totals are kept with your name. Nothing is locked by it.</p>
        {check.agrees ? null : (
          <ReasonInput
            label="Note"
            description="Why it is right although it does not agree."
            value={note}
            onChange={setNote}
          />
        )}
      </EffectDialog>
    </>
  )
}
