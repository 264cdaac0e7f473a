import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import * as api from '../api.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'

/** Signed in, and member nowhere: the way out, also for whoever took the wrong account. */
export function NoWorkspace() {
  const client = useQueryClient()
  const navigate = useNavigate()
  const leave = useMutation({
    mutationFn: api.signOut,
    onSettled: async () => {
      client.clear()
      await navigate({ to: '/sign-in' })
    },
  })
  return (
    <main className={classes.alone}>
      <Mark />
      <EmptyState
        alone
        title="You are in no workspace"
        action={
          <>
            <Button variant="default" onClick={() => window.location.reload()}>
              Look again
            </Button>
            <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
              Sign out
            </Button>
          </>
        }
      >
        Ask the owner of a workspace to add you, then look again.
      </EmptyState>
    </main>
  )
}
