import { Button } from '@mantine/core'
import { EmptyState } from '../parts/EmptyState.tsx'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'

export function NoWorkspace() {
  return (
    <main className={classes.alone}>
      <Mark />
      <EmptyState
        alone
        title="You are in no workspace"
        action={
          <Button variant="default" onClick={() => window.location.reload()}>
            Look again
          </Button>
        }
      >
        Ask the owner of a workspace to add you.
      </EmptyState>
    </main>
  )
}
