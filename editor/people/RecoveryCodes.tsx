import { Button, Group, Modal, Stack } from '@mantine/core'
import { useEffect, useState } from 'react'
import classes from './SecondFactor.module.css'

// Set by the dialog, which is there on every page.
let show: (codes: readonly string[]) => void = () => {}
export const showRecoveryCodes = (codes: readonly string[]): void => show(codes)

/**
 * The codes are shown this once: they stay in front of whatever comes, until somebody says that they have them. The page
 * that asked for them may be gone by then, as where a workspace lets people in once they have a second factor.
 */
export function RecoveryCodesDialog() {
  const [codes, setCodes] = useState<readonly string[]>()
  useEffect(() => {
    show = setCodes
    return () => {
      show = () => {}
    }
  }, [])
  const text = codes?.join('\n') ?? ''
  const save = `data:text/plain;charset=utf-8,${encodeURIComponent(`Recovery codes of Tieline. Each works once.\n\n${text}\n`)}`
  return (
    <Modal
      opened={codes !== undefined}
      onClose={() => {}}
      title="Keep these recovery codes. They are shown this once."
      size="md"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      zIndex={300}
    >
      <Stack gap="md">
        <p>Each of them takes the place of a code, once, should the phone be lost.</p>
        <pre className={classes.codes}>{text}</pre>
        <Group gap="sm">
          <Button component="a" variant="default" href={save} download="tieline-recovery-codes.txt" data-autofocus>
            Save as a file
          </Button>
          <Button variant="default" onClick={() => void navigator.clipboard.writeText(text)}>
            Copy
          </Button>
          <Button onClick={() => setCodes(undefined)}>I have kept them</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
