import { Button } from '@mantine/core'
import { saveFlow } from '../flow/export.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

/** For whoever may not edit any more, or not at the moment: what they did last was not sent, and where it is. */
export function UnsentBar({ closing }: { closing: boolean }) {
  const { session, mayEdit } = useEditor()
  const { save, aside, flow } = useDraft(session, (snapshot) => snapshot)
  if (mayEdit || (save.is === 'saved' && !aside)) return null
  const why = closing ? 'The workspace is being closed.' : 'Your role does not edit flows any more.'
  if (aside)
    return (
      <div className={classes.lease} data-tone="attention" role="status">
        {why} Changes of yours that were never saved are kept in this browser: they come back when you open this page
        and may edit again.
      </div>
    )
  const kept = 'kept' in save ? save.kept : true
  return (
    <div className={classes.lease} data-tone="attention" role="status">
      {why} Your last changes are not saved: you see them here, and they are{' '}
      {kept ? 'kept in this browser until you may edit again.' : 'on this page only.'}
      <Button size="compact-sm" variant="default" onClick={() => saveFlow(flow, undefined)}>
        Export as a file
      </Button>
    </div>
  )
}
