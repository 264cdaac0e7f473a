import { Textarea } from '@mantine/core'
import type { Field } from './field.ts'
import type { Settled } from './settled.ts'

export function ExpressionField(props: {
  field: Field
  value: unknown
  path: string
  settled: Settled
  onChange: (value: unknown) => void
}) {
  const { field, value, path, settled } = props
  return (
    <Textarea
      label={field.title}
      description={field.description}
      required={field.required}
      disabled={settled.readOnly}
      error={settled.problemAt(path)}
      data-field={path}
      autosize
      minRows={3}
      spellCheck={false}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => props.onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
    />
  )
}
