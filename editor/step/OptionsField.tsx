import { Autocomplete } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Field } from './field.ts'
import type { Settled } from './settled.ts'
import { useOptions } from './use-options.ts'

/** What every input of a setting is given. */
export type Common = {
  readonly label: string
  readonly description: string | undefined
  readonly required: boolean
  readonly disabled: boolean
  readonly error: ReactNode
  readonly 'data-field': string
}

/** A choice of what the other system has: its accounts, fields, lists. What is not in the list can be typed. */
export function OptionsField(props: {
  field: Field
  value: unknown
  settled: Settled
  common: Common
  onChange: (value: unknown) => void
}) {
  const { field, value, settled, common } = props
  const text = value === undefined ? '' : String(value)
  const options = useOptions(settled, String(field.schema['x-options']), text)
  const known = options.labelOf(text)
  return (
    <Autocomplete
      {...common}
      description={[common.description, known ? `Now: ${known}.` : undefined, options.note].filter(Boolean).join(' ')}
      size="sm"
      data={[...options.data]}
      filter={({ options: all }) => all}
      renderOption={({ option }) => options.render(option.value)}
      onFocus={options.ask}
      value={text}
      onChange={(next) => props.onChange(next === '' ? undefined : next)}
    />
  )
}
