import { Modal, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useCallback, useState } from 'react'
import classes from './Palette.module.css'
import { ranked } from './rank.ts'
import { closePalette, type Entry, typedEarly } from './store.ts'
import { useEntries } from './use-entries.ts'

/** One field for everything: pages, flows, connections, runs, records, and what can be done where one is. */
export function Palette({ workspace }: { workspace: string }) {
  const [typed, setTyped] = useState('')
  const [active, setActive] = useState(0)
  const found = ranked(useEntries(workspace, typed), typed)
  const current = found[Math.min(active, found.length - 1)]
  const choose = (entry: Entry | undefined) => {
    if (entry === undefined) return
    closePalette()
    entry.go()
  }
  // Once the field is there: until then what is typed is kept elsewhere.
  const arrive = useCallback((field: HTMLInputElement | null) => {
    if (field !== null) setTyped(typedEarly())
  }, [])
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      const next = (Math.min(active, found.length - 1) + step + found.length) % Math.max(1, found.length)
      setActive(next)
      document.getElementById(`go-${next}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      choose(current)
    }
  }
  return (
    <Modal
      opened
      onClose={closePalette}
      title="Go to anything"
      size="lg"
      centered={false}
      yOffset="10vh"
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <TextInput
        ref={arrive}
        mt={4}
        role="combobox"
        aria-label="Pages, flows, runs, connections, records, and what can be done here"
        aria-expanded
        aria-controls="go-list"
        aria-activedescendant={current ? `go-${found.indexOf(current)}` : undefined}
        leftSection={<IconSearch size={16} aria-hidden />}
        placeholder="Type a page, a flow, a run, a record…"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        data-autofocus
        // At once, not after the dialog has been drawn: what is typed right after the key is meant for this field.
        autoFocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div id="go-list" role="listbox" aria-label="Found" className={classes.found}>
        {found.map((entry, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the search field, as in every list of this kind
          <div
            key={entry.id}
            id={`go-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={entry === current}
            onPointerMove={() => setActive(place)}
            onClick={() => choose(entry)}
          >
            <bdi>{entry.title}</bdi>
            <span className="muted">{entry.note}</span>
          </div>
        ))}
      </div>
    </Modal>
  )
}
