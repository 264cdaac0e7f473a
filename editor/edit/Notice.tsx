import { Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

const SHOWN_MS = 6_000

/** What was just done or refused, and what happened by itself, in a sentence at the foot of the page. */
export function Notice({ said }: { said: { text: string; tone: 'plain' | 'attention'; id: number } | undefined }) {
  const { session } = useEditor()
  const notice = useDraft(session, (snapshot) => snapshot.notice)
  const [gone, setGone] = useState(0)
  useEffect(() => {
    if (said === undefined) return
    const timer = setTimeout(() => setGone(said.id), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [said])
  const text = said && said.id !== gone ? said.text : undefined
  return (
    <div className={classes.notices}>
      {notice ? (
        <div className={classes.notice} role="status">
          {notice}
          <Button size="compact-xs" variant="subtle" onClick={() => session.forgetNotice()}>
            Good
          </Button>
        </div>
      ) : null}
      <div role="status" aria-live="polite" className={text ? classes.notice : 'unseen'} data-tone={said?.tone}>
        {text ?? ''}
      </div>
    </div>
  )
}
