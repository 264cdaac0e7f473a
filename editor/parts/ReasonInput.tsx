import { Textarea } from '@mantine/core'

/** Why somebody does something that is kept with their name. */
export const ReasonInput = (props: {
  /** Default: “Reason”. */
  label?: string
  description?: string
  placeholder?: string
  value: string
  onChange: (reason: string) => void
}) => (
  <Textarea
    label={props.label ?? 'Reason'}
    description={props.description}
    placeholder={props.placeholder}
    required
    autosize
    minRows={2}
    maxLength={500}
    data-autofocus
    value={props.value}
    onChange={(event) => props.onChange(event.currentTarget.value)}
  />
)
