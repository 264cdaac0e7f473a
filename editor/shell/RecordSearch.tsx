import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { SearchField } from '../parts/SearchField.tsx'
import classes from './RecordSearch.module.css'

/**
 * Leads to what happened to a record. `/` puts the cursor here, wherever nothing is being typed; on a page with a search of
 * its own (`data-takes-slash`), there.
 */
export function RecordSearch({ workspace }: { workspace: string }) {
  const navigate = useNavigate()
  const field = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState('')
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      event.preventDefault()
      const own = document.querySelector<HTMLElement>('[data-takes-slash]')
      own?.scrollIntoView({ block: 'nearest' })
      ;(own ?? field.current)?.focus()
    }
    window.addEventListener('keydown', focus)
    return () => window.removeEventListener('keydown', focus)
  }, [])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const key = typed.trim()
    if (key === '') return
    setTyped('')
    field.current?.blur()
    void navigate({ to: '/w/$workspace/records', params: { workspace }, search: { key } })
  }
  return (
    <search className={classes.search} aria-label="Records">
      <form onSubmit={submit}>
        <SearchField
          ref={field}
          label="Find a record"
          placeholder="Find a record in all runs"
          slash="rest"
          value={typed}
          onChange={setTyped}
        />
      </form>
    </search>
  )
}

/** Whether a key would be written somewhere, or is meant for an open dialog. */
function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"]') !== null) return true
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
}
