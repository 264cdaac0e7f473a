import { Autocomplete } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { itemsOf } from '../../server/flow/schema/schema.ts'
import type { Field } from './field.ts'
import classes from './FieldInput.module.css'
import type { Common } from './OptionsField.tsx'
import type { Settled } from './settled.ts'
import { useOptions } from './use-options.ts'

/** Several of what the other system has: its fields, its columns. What is not in the list can be typed. */
export function OptionsListField(props: {
  field: Field
  value: unknown
  settled: Settled
  common: Common
  onChange: (value: unknown) => void
}) {
  const { field, value, settled, common } = props
  const standing: unknown = value ?? field.fallback
  const chosen = Array.isArray(standing) ? standing.map(String) : []
  const [typed, setTyped] = useState('')
  const options = useOptions(settled, String(itemsOf(field.schema)?.['x-options']), typed)
  const add = (text: string) => {
    const next = text.trim()
    setTyped('')
    if (next !== '' && !chosen.includes(next)) props.onChange([...chosen, next])
  }
  // Above the input: below it, the list to choose from would cover them.
  const chips = (
    <ul className={classes.chosen} aria-label={`${common.label}: chosen`}>
      {chosen.map((one) => (
        <li key={one}>
          {options.labelOf(one) ?? one}
          {common.disabled ? null : (
            <button
              type="button"
              aria-label={`Remove ${options.labelOf(one) ?? one}`}
              onClick={() => props.onChange(chosen.filter((other) => other !== one))}
            >
              <IconX size={14} aria-hidden />
            </button>
          )}
        </li>
      ))}
    </ul>
  )
  return (
    <div data-field={common['data-field']}>
      <Autocomplete
        {...common}
        description={[common.description, options.note].filter(Boolean).join(' ')}
        size="sm"
        placeholder="Add one…"
        inputContainer={(input) => (
          <>
            {chips}
            {input}
          </>
        )}
        required={common.required && chosen.length === 0}
        data={options.data.filter((one) => !chosen.includes(one.value))}
        filter={({ options: all }) => all}
        renderOption={({ option }) => options.render(option.value)}
        onFocus={options.ask}
        value={typed}
        onChange={setTyped}
        onOptionSubmit={add}
        onBlur={() => add(typed)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || typed.trim() === '' || event.defaultPrevented) return
          event.preventDefault()
          add(typed)
        }}
      />
    </div>
  )
}
