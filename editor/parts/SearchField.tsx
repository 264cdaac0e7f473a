import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { Ref } from 'react'
import classes from './SearchField.module.css'

/**
 * Where something is looked for: the same field everywhere. `slash` shows that `/` leads here: from any page (`rest`), or on
 * this page instead (`own`), and then the other no longer says so.
 */
export function SearchField(props: {
  label: string
  placeholder: string
  value: string
  onChange: (typed: string) => void
  slash?: 'rest' | 'own'
  size?: 'xs' | 'sm'
  className?: string | undefined
  ref?: Ref<HTMLInputElement>
}) {
  const { label, slash } = props
  return (
    <TextInput
      ref={props.ref}
      className={props.className}
      size={props.size ?? 'sm'}
      aria-label={label}
      placeholder={props.placeholder}
      maxLength={200}
      autoComplete="off"
      spellCheck={false}
      leftSection={<IconSearch size={16} aria-hidden />}
      {...(slash === undefined
        ? {}
        : {
            rightSection: (
              <kbd className={classes.key} data-slash={slash}>
                /
              </kbd>
            ),
            rightSectionPointerEvents: 'none' as const,
          })}
      {...(slash === 'own' ? { 'data-takes-slash': '' } : {})}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  )
}
