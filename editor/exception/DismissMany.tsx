import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ExceptionSelection } from '../../server/contract/exceptions.ts'
import * as api from '../api.ts'
import { countOf, sayCount } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { ReasonInput } from '../parts/ReasonInput.tsx'

/** Dismisses exceptions for one reason, after counting those that are open. */
export function DismissMany(props: {
  workspace: string
  select: ExceptionSelection
  /** Completes “Dismiss …”. */
  what: string
  onDone: () => void
}) {
  const { workspace, select } = props
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [reason, setReason] = useState('')
  const counted = useQuery({
    queryKey: [workspace, 'exceptions', 'dismiss', select],
    queryFn: () => api.dismissExceptions(workspace, { select, dry: true }),
    enabled: asked,
    staleTime: 0,
    gcTime: 0,
  })
  const many = counted.data?.dismissed
  const dismiss = useMutation({
    mutationFn: () => api.dismissExceptions(workspace, { select, reason: reason.trim() }),
    onSuccess: async ({ dismissed }) => {
      setAsked(false)
      setReason('')
      notifications.show({ message: `${countOf(dismissed, 'exception')} dismissed.` })
      props.onDone()
      await client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
    },
  })
  return (
    <>
      <Button
        variant="default"
        onClick={() => {
          dismiss.reset()
          setAsked(true)
        }}
      >
        Dismiss…
      </Button>
      <EffectDialog
        open={asked}
        title={`Dismiss ${props.what}?`}
        verb={many === undefined ? 'Dismiss' : `Dismiss ${sayCount(many)}`}
        keep="Keep them open"
        danger
        disabled={!many || reason.trim() === ''}
        busy={dismiss.isPending}
        error={dismiss.error}
        onConfirm={() => dismiss.mutate()}
        onClose={() => setAsked(false)}
      >
        <Loaded query={counted} rows={1}>
          {({ dismissed }) => <Says many={dismissed} />}
        </Loaded>
        <ReasonInput description="Kept with each of them, with your name." value={reason} onChange={setReason} />
      </EffectDialog>
    </>
  )
}

const Says = ({ many }: { many: number }) => (
  <p>
    {many === 0
      ? 'None is open any more.'
      : `${countOf(many, 'record')} ${many === 1 ? 'is' : 'are'} not sent, and ${many === 1 ? 'leaves' : 'leave'} the list of open exceptions. What is no longer open stays as it is.`}
  </p>
)
