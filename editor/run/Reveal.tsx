import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { ReasonInput } from '../parts/ReasonInput.tsx'
import { setReason } from './reveal-reason.ts'

/** A button that asks why values have to be seen, and then has them shown. */
export function Reveal(props: {
  button: string
  title: string
  verb: string
  keep: string
  /** Larger than its neighbours in a row of small buttons. */
  size?: 'sm'
  onShow?: () => void
  children: ReactNode
}) {
  const [asked, setAsked] = useState(false)
  const [reason, setTyped] = useState('')
  return (
    <>
      <Button variant="default" size={props.size ?? 'compact-sm'} onClick={() => setAsked(true)}>
        {props.button}
      </Button>
      <EffectDialog
        open={asked}
        title={props.title}
        verb={props.verb}
        keep={props.keep}
        disabled={reason.trim() === ''}
        busy={false}
        onConfirm={() => {
          setAsked(false)
          setReason(reason.trim())
          props.onShow?.()
        }}
        onClose={() => setAsked(false)}
      >
        {props.children}
        <ReasonInput value={reason} onChange={setTyped} />
      </EffectDialog>
    </>
  )
}
