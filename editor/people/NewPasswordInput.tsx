import { PasswordInput } from '@mantine/core'
import { MIN_PASSWORD } from './min-password.ts'

/** Longer than nothing, and not long enough. */
export const isShort = (password: string): boolean => password !== '' && [...password].length < MIN_PASSWORD

/** A password that is chosen, with what is asked of it. */
export const NewPasswordInput = (props: {
  label: string
  autoFocus?: boolean
  value: string
  onChange: (password: string) => void
}) => (
  <PasswordInput
    label={props.label}
    description={`At least ${MIN_PASSWORD} characters. Longer is better than stranger.`}
    autoComplete="new-password"
    required
    autoFocus={props.autoFocus ?? false}
    error={isShort(props.value) ? `${[...props.value].length} of ${MIN_PASSWORD} characters.` : undefined}
    value={props.value}
    onChange={(event) => props.onChange(event.currentTarget.value)}
  />
)
