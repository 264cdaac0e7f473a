import { TextInput } from '@mantine/core'

/** Six digits of the app, or a recovery code. Phones offer the code of a message; screens of numbers come up. */
export function CodeInput(props: { value: string; onChange: (value: string) => void; recovery?: boolean }) {
  return (
    <TextInput
      label="Code"
      description={
        props.recovery === false
          ? 'The six digits that the app shows now.'
          : 'Six digits of your app, or a recovery code.'
      }
      autoComplete="one-time-code"
      inputMode={props.recovery === false ? 'numeric' : 'text'}
      spellCheck={false}
      required
      data-autofocus
      autoFocus
      minLength={6}
      maxLength={40}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  )
}
