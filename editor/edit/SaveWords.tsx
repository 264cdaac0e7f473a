import { Button } from '@mantine/core'
import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconCheck,
  IconCloudOff,
  IconLoader,
  IconPencil,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import type { SaveState } from '../draft/session.ts'
import { When } from '../parts/When.tsx'
import { useDraft, useEditor } from './context.ts'
import classes from './SaveWords.module.css'

type Said = {
  readonly word: string
  readonly tone: 'plain' | 'attention' | 'failed'
  readonly icon: ComponentType<{ size?: number }>
}

function sayState(state: SaveState): Said {
  switch (state.is) {
    case 'saved':
      return { word: 'Saved', tone: 'plain', icon: IconCheck }
    case 'unsaved':
      return { word: 'Not saved yet', tone: 'plain', icon: IconPencil }
    case 'saving':
      return { word: 'Saving…', tone: 'plain', icon: IconLoader }
    case 'offline':
      return state.kept
        ? { word: 'Offline: kept in this browser', tone: 'attention', icon: IconCloudOff }
        : { word: 'Offline: keep this page open', tone: 'failed', icon: IconCloudOff }
    case 'signed-out':
      return { word: 'Signed out: kept in this browser', tone: 'attention', icon: IconCloudOff }
    case 'refused':
      return { word: `Not saved: ${state.why}`, tone: 'failed', icon: IconAlertOctagonFilled }
    case 'conflict':
      return { word: `${state.by} changed the same places`, tone: 'attention', icon: IconAlertTriangleFilled }
  }
}

/** Where the work is: here, on its way, or safe. Always in sight. */
export function SaveWords({ onCombine }: { onCombine: () => void }) {
  const { session, mayEdit } = useEditor()
  const save = useDraft(session, (snapshot) => snapshot.save)
  const readOnly = useDraft(session, (snapshot) => snapshot.readOnly)
  if (!mayEdit || readOnly) return <span className={classes.state}>Read only</span>
  const said = sayState(save)
  const Icon = said.icon
  return (
    <span className={classes.state} data-tone={said.tone} data-save={save.is}>
      <Icon size={16} aria-hidden />
      <span role="status">{said.word}</span>
      {save.is === 'saved' ? (
        <span className={classes.when}>
          <When at={new Date(save.at).toISOString()} />
        </span>
      ) : null}
      {save.is === 'conflict' ? (
        <Button size="compact-sm" variant="default" onClick={onCombine}>
          Compare and combine
        </Button>
      ) : null}
      {save.is === 'offline' || save.is === 'refused' ? (
        <Button size="compact-sm" variant="default" onClick={() => void session.flush()}>
          Try again
        </Button>
      ) : null}
    </span>
  )
}
