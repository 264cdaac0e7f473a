import { Button, Group, Modal, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { Banner } from './Banner.tsx'
import { sayError } from './say-error.ts'
import { useFocusBack } from './use-focus-back.ts'

/**
 * Says what an action will do before it does it. `verb` is on the button, `keep` on the way back; a failure stays in the
 * dialog with its reason, so that nothing that was chosen or typed is lost.
 */
export function EffectDialog(props: {
  open: boolean
  title: string
  children: ReactNode
  verb: string
  keep?: string
  danger?: boolean
  /** A choice or a text is missing still. */
  disabled?: boolean
  busy: boolean
  error?: unknown
  onConfirm: () => void
  onClose: () => void
}) {
  useFocusBack(props.open)
  return (
    <Modal
      opened={props.open}
      onClose={props.onClose}
      title={props.title}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!props.disabled && !props.busy) props.onConfirm()
        }}
      >
        <Stack gap="md">
          {props.children}
          {props.error ? (
            <Banner tone="failed" title={sayError(props.error).title} live>
              <p>{sayError(props.error).detail}</p>
            </Banner>
          ) : null}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={props.onClose} disabled={props.busy}>
              {props.keep ?? 'Cancel'}
            </Button>
            <Button
              type="submit"
              loading={props.busy}
              disabled={props.disabled ?? false}
              {...(props.danger ? { color: 'danger' } : {})}
            >
              {props.verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
