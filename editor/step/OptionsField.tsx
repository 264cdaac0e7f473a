import { Autocomplete } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import * as api from '../api.ts'
import { sayError } from '../parts/say-error.ts'
import type { Field } from './field.ts'
import type { Settled } from './settled.ts'

/** A choice of what the other system has: its accounts, fields, lists. What is not in the list can be typed. */
export function OptionsField(props: {
  field: Field
  value: unknown
  settled: Settled
  common: {
    readonly label: string
    readonly description: string | undefined
    readonly required: boolean
    readonly disabled: boolean
    readonly error: ReactNode
  }
  onChange: (value: unknown) => void
}) {
  const { field, value, settled, common } = props
  const source = String(field.schema['x-options'])
  const [asked, setAsked] = useState(false)
  const text = value === undefined ? '' : String(value)
  const [search] = useDebouncedValue(text, 300)
  const { connection, workspace } = settled
  const options = useQuery({
    queryKey: [workspace, 'connections', connection, 'options', source, search],
    queryFn: ({ signal }) => api.connectionOptions(workspace, connection ?? '', source, { search }, { signal }),
    // Asking costs a call to the other system: only for whoever looks at the field.
    enabled: connection !== undefined && asked,
    staleTime: 60_000,
    retry: false,
    placeholderData: (before) => before,
  })
  const items = options.data?.items ?? []
  const known = items.find((one) => one.value === text)
  const note =
    connection === undefined
      ? 'Choose a connection for the account, and the choices are listed here.'
      : options.error
        ? `${sayError(options.error).title}. The value can be typed.`
        : options.data?.more
          ? 'There are more: type a part of the name.'
          : undefined
  return (
    <Autocomplete
      {...common}
      description={[common.description, known ? `Now: ${known.label}.` : undefined, note].filter(Boolean).join(' ')}
      size="sm"
      data={items.map((one) => ({ value: one.value, label: one.value }))}
      filter={({ options: all }) => all}
      renderOption={({ option }) => {
        const label = items.find((one) => one.value === option.value)?.label
        return (
          <span>
            {label} <span className="muted">{label === option.value ? '' : option.value}</span>
          </span>
        )
      }}
      onFocus={() => setAsked(true)}
      value={text}
      onChange={(next) => props.onChange(next === '' ? undefined : next)}
    />
  )
}
