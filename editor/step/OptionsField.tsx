import { TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Field } from './field.ts'
import type { Settled } from './settled.ts'

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
  return (
    <TextInput
      {...props.common}
      value={props.value === undefined ? '' : String(props.value)}
      onChange={(event) => props.onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
    />
  )
}
