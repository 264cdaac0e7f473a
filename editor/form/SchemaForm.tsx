import { Checkbox, PasswordInput, Select, Stack, Textarea, TextInput } from '@mantine/core'
import type { Field, Typed } from './schema.ts'

/** One input per field of a schema. Secrets are typed in, never shown, and never come back from the server. */
export function SchemaForm(props: {
  fields: readonly Field[]
  typed: Typed
  mistakes: { readonly [name: string]: string }
  onChange: (typed: Typed) => void
  /** `kept`: a value is stored already; an empty field leaves it as it is. */
  secret?: 'new' | 'kept'
}) {
  return (
    <Stack gap="md">
      {props.fields.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={props.typed[field.name] ?? ''}
          mistake={props.mistakes[field.name]}
          secret={props.secret}
          onChange={(value) => props.onChange({ ...props.typed, [field.name]: value })}
        />
      ))}
    </Stack>
  )
}

function FieldInput(props: {
  field: Field
  value: Typed[string]
  mistake: string | undefined
  secret: 'new' | 'kept' | undefined
  onChange: (value: Typed[string]) => void
}) {
  const { field, value, onChange } = props
  const common = {
    label: field.title,
    description: field.description,
    error: props.mistake,
    // Said in words by the label: an asterisk alone is not read aloud.
    required: field.required && props.secret !== 'kept',
  }
  const text = typeof value === 'string' ? value : ''
  if (props.secret) {
    return (
      <PasswordInput
        {...common}
        value={text}
        autoComplete="off"
        placeholder={props.secret === 'kept' ? 'Stored. Leave empty to keep it.' : ''}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  switch (field.type) {
    case 'yes-no':
      return (
        <Checkbox
          label={field.title}
          description={field.description}
          error={props.mistake}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'choice':
      return (
        <Select
          {...common}
          data={[...field.choices]}
          value={text === '' ? null : text}
          onChange={(chosen) => onChange(chosen ?? '')}
        />
      )
    case 'list':
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          description={[field.description, 'One per line.'].filter(Boolean).join(' ')}
          value={typeof value === 'object' ? value.join('\n') : ''}
          onChange={(event) => onChange(event.currentTarget.value === '' ? [] : event.currentTarget.value.split('\n'))}
        />
      )
    case 'long':
    case 'json':
      return (
        <Textarea
          {...common}
          autosize
          minRows={3}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          spellCheck={false}
        />
      )
    case 'text':
    case 'address':
    case 'whole':
    case 'number':
      return (
        <TextInput
          {...common}
          value={text}
          inputMode={
            field.type === 'whole'
              ? 'numeric'
              : field.type === 'number'
                ? 'decimal'
                : field.type === 'address'
                  ? 'url'
                  : 'text'
          }
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
  }
}
