import { TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ClosingView } from '../../server/contract/closing.ts'
import { isSameName } from '../../server/contract/same-name.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import * as requests from './requests.ts'

/** The last question before a workspace is closed: its name, typed. */
export function CloseDialog(props: {
  workspace: string
  name: string
  view: ClosingView
  open: boolean
  onClose: () => void
}) {
  const { workspace, name, view } = props
  const client = useQueryClient()
  const [typed, setTyped] = useState('')
  const close = useMutation({
    mutationFn: () => requests.close(workspace, { name: typed.trim() }),
    onSuccess: async () => {
      props.onClose()
      await client.invalidateQueries()
    },
  })
  return (
    <EffectDialog
      open={props.open}
      title={`Close ${name}?`}
      verb="Close the workspace"
      keep="Keep it open"
      danger
      disabled={!isSameName(typed, name)}
      busy={close.isPending}
      error={close.error}
      onConfirm={() => close.mutate()}
      onClose={props.onClose}
    >
      <p>
        {view.flows.length > 0 ? `${countOf(view.flows.length, 'flow')} and everything` : 'Everything'} in it stops now.
        You can take this back for {countOf(view.graceDays, 'day')}; then its data is deleted for good.
      </p>
      <TextInput
        label="Name of the workspace"
        description={`Type it as it is: ${name}`}
        autoComplete="off"
        data-autofocus
        required
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </EffectDialog>
  )
}
