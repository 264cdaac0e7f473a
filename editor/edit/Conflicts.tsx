import { Button, Group, Modal, Radio, Stack } from '@mantine/core'
import { useState } from 'react'
import { useFocusBack } from '../parts/use-focus-back.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

/** Two people changed the same places: for each, whose version stands. */
export function Conflicts({ onClose }: { onClose: () => void }) {
  useFocusBack(true)
  const { session } = useEditor()
  const save = useDraft(session, (snapshot) => snapshot.save)
  const [chosen, setChosen] = useState<{ readonly [place: string]: 'ours' | 'theirs' }>({})
  if (save.is !== 'conflict') return null
  const left = save.conflicts.filter((conflict) => chosen[conflict.place] === undefined)
  const all = (side: 'ours' | 'theirs') =>
    setChosen(Object.fromEntries(save.conflicts.map((conflict) => [conflict.place, side])))
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={`${save.by} changed what you changed`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <p>
          Everything else is combined already. In{' '}
          {save.conflicts.length === 1 ? 'one place' : `${save.conflicts.length} places`} both of you wrote something
          different. Choose what stands; nothing is lost until then.
        </p>
        {save.conflicts.map((conflict) => (
          <Radio.Group
            key={conflict.place}
            label={conflict.what}
            value={chosen[conflict.place] ?? null}
            onChange={(side) => setChosen({ ...chosen, [conflict.place]: side === 'theirs' ? 'theirs' : 'ours' })}
          >
            <div className={classes.sides}>
              <Radio value="ours" label={<Side who="Yours" value={conflict.ours} />} />
              <Radio value="theirs" label={<Side who={`${save.by}’s`} value={conflict.theirs} />} />
            </div>
          </Radio.Group>
        ))}
        <Group justify="space-between">
          <Group gap="sm">
            <Button variant="default" onClick={() => all('ours')}>
              All mine
            </Button>
            <Button variant="default" onClick={() => all('theirs')}>
              All {save.by}’s
            </Button>
          </Group>
          <Button
            disabled={left.length > 0}
            onClick={() => {
              session.resolve(chosen)
              onClose()
            }}
          >
            Combine
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function Side({ who, value }: { who: string; value: unknown }) {
  const text = value === undefined ? '(removed)' : typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return (
    <span className={classes.side}>
      <strong>{who}</strong>
      <code>{text.slice(0, 600)}</code>
    </span>
  )
}
