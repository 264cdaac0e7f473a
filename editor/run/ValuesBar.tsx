import { Button } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useRights } from '../shell/use-rights.ts'
import { Reveal } from './Reveal.tsx'
import { setReason, useReason } from './reveal-reason.ts'
import classes from './ValuesBar.module.css'

/** Above records: says that their values are hidden and shows them for a reason, and hides them again. */
export function ValuesBar(props: {
  workspace: string
  /** What can be done with values that are shown. */
  children?: ReactNode
  onHide?: () => void
}) {
  const { may } = useRights(props.workspace)
  const reason = useReason()
  return (
    <div className={classes.bar}>
      {reason === undefined ? (
        <>
          <span className="muted">
            <IconLock size={14} aria-hidden /> Values are hidden.
          </span>
          {may('payloads.reveal') ? (
            <Reveal button="Show values…" title="Show the values of records?" verb="Show them" keep="Leave them hidden">
              <p>They may be about people. Who looked at which records, and why, stands in the audit log.</p>
            </Reveal>
          ) : null}
        </>
      ) : (
        <>
          {props.children}
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => {
              props.onHide?.()
              setReason(undefined)
            }}
          >
            Hide values
          </Button>
        </>
      )}
    </div>
  )
}
