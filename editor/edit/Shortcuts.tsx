import { Checkbox, Modal } from '@mantine/core'
import { useFocusBack } from '../parts/use-focus-back.ts'
import { COMMANDS } from './commands.ts'
import classes from './Editor.module.css'
import { setLetters, useLetters } from './letters.ts'

/** Every key, and the switch that turns those of one letter off. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  useFocusBack(true)
  const letters = useLetters()
  const groups = Map.groupBy(
    COMMANDS.filter((command) => command.keys),
    (command) => command.group,
  )
  return (
    <Modal opened onClose={onClose} title="All keys" size="xl" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Checkbox
        label="Keys of a single letter work while no field has the focus"
        checked={letters}
        onChange={(event) => setLetters(event.currentTarget.checked)}
      />
      <div className={classes.keys}>
        {[...groups].map(([group, commands]) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <dl>
              {commands.map((command) => (
                <div key={command.name}>
                  <dt>{command.title}</dt>
                  <dd>
                    <kbd>{command.keys}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section aria-label="Walk and move">
          <h3>Walk and move</h3>
          <dl>
            <div>
              <dt>Go along the lines</dt>
              <dd>
                <kbd>Arrows</kbd>
              </dd>
            </div>
            <div>
              <dt>Move the canvas</dt>
              <dd>
                <kbd>Space and drag</kbd>
              </dd>
            </div>
          </dl>
        </section>
      </div>
    </Modal>
  )
}
