import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { EffectDialog } from './EffectDialog.tsx'

/** Deletes one thing of a list, after it was said what goes with it. */
export function DeleteButton(props: {
  name: string
  verb: string
  run: () => Promise<unknown>
  /** What is read again afterwards. */
  reread: readonly unknown[]
  children: ReactNode
}) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const drop = useMutation({
    mutationFn: props.run,
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: props.reread })
    },
  })
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={`Delete ${props.name}`} onClick={() => setAsked(true)}>
        Delete…
      </Button>
      <EffectDialog
        open={asked}
        title={`Delete “${props.name}”?`}
        verb={props.verb}
        keep="Keep it"
        danger
        busy={drop.isPending}
        error={drop.error}
        onConfirm={() => drop.mutate()}
        onClose={() => setAsked(false)}
      >
        {props.children}
      </EffectDialog>
    </>
  )
}
