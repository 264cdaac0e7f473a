import { Link } from '@tanstack/react-router'
import { EmptyState } from '../parts/EmptyState.tsx'
import classes from './Alone.module.css'

export function NotFound() {
  return (
    <div className={classes.alone}>
      <EmptyState alone title="There is no page at this address" action={<Link to="/">To the start</Link>}>
        It may have been moved, or the address was cut short.
      </EmptyState>
    </div>
  )
}
