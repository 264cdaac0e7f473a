import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PeriodFlow } from '../../server/contract/periods.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { ReasonInput } from '../parts/ReasonInput.tsx'
import { sayMonth } from './month.ts'
import { allPeriods, reopen } from './requests.ts'

/** Takes the sign-off of a month of a flow back, with a reason. */
export function Reopen(props: { workspace: string; period: string; flow: PeriodFlow['flow'] }) {
  const { workspace, period, flow } = props
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [reason, setReason] = useState('')
  const take = useMutation({
    mutationFn: () => reopen(workspace, period, flow.id, { reason: reason.trim() }),
    onSuccess: async () => {
      setAsked(false)
      setReason('')
      notifications.show({ message: `${sayMonth(period)} is open again.` })
      await client.invalidateQueries({ queryKey: allPeriods(workspace) })
    },
  })
  return (
    <>
      <Button
        variant="default"
        aria-label={`Re-open: ${flow.name}`}
        onClick={() => {
          take.reset()
          setAsked(true)
        }}
      >
        Re-open…
      </Button>
      <EffectDialog
        open={asked}
        title={`Re-open ${sayMonth(period)} of ${flow.name}?`}
        verb="Re-open"
        keep="Leave it signed"
        disabled={reason.trim() === ''}
        busy={take.isPending}
        error={take.error}
        onConfirm={() => take.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          It counts as signed off no more. What was signed stays in the list, with your name and your reason beside it.
        </p>
        <ReasonInput value={reason} onChange={setReason} />
      </EffectDialog>
    </>
  )
}
