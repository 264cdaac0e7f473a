import { EmptyState } from '../parts/EmptyState.tsx'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'

export function NoWorkspace() {
  return (
    <main className={classes.alone}>
      <Mark />
      <EmptyState alone title="You are in no workspace">
        Ask the owner of a workspace to add you, then load this page again.
      </EmptyState>
    </main>
  )
}
