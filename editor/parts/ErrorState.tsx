import { Button } from '@mantine/core'
import { Key } from './Key.tsx'
import classes from './Notice.module.css'
import { sayError } from './say-error.ts'

/** What went wrong with a page or a part of it, with a way to try again and the reference for those who help. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const said = sayError(error)
  return (
    <div
      className={classes.error}
      role="alert"
      data-tone={said.kind === 'forbidden' || said.kind === 'missing' ? 'off' : undefined}
    >
      <h2>{said.title}</h2>
      {said.detail ? <p className="muted">{said.detail}</p> : null}
      <div className={classes.actions}>
        {onRetry && said.kind !== 'forbidden' && said.kind !== 'missing' ? (
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        ) : null}
        {said.reference ? (
          <span className={classes.reference}>
            <span className="muted">Reference</span>
            <Key value={said.reference} label="reference" />
          </span>
        ) : null}
      </div>
    </div>
  )
}
