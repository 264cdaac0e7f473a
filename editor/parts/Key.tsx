import { Tooltip, UnstyledButton } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import classes from './Key.module.css'

/** An id or a business key that can be copied. Long ones are cut in the middle of the line, never in the copy. */
export function Key({ value, label }: { value: string; label?: string }) {
  const clipboard = useClipboard({ timeout: 1500 })
  return (
    <Tooltip label={clipboard.copied ? 'Copied' : `Copy ${label ?? value}`} withArrow>
      <UnstyledButton
        className={classes.key}
        data-paper=""
        onClick={() => clipboard.copy(value)}
        aria-label={`Copy ${label ?? 'key'} ${value}`}
      >
        <span className={classes.text}>{value}</span>
        {clipboard.copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
        <span className="unseen" aria-live="polite">
          {clipboard.copied ? 'Copied' : ''}
        </span>
      </UnstyledButton>
    </Tooltip>
  )
}
