import { EmptyState } from '../parts/EmptyState.tsx'
import classes from './Alone.module.css'

export function NoWorkspace() {
  return (
    <main className={classes.alone}>
      <EmptyState title="You are in no workspace">
        Ask the owner of a workspace to add you, then load this page again.
      </EmptyState>
    </main>
  )
}
