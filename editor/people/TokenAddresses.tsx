import { Button, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { TokenView } from '../../server/contract/people.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { useRights } from '../shell/use-rights.ts'
import * as api from './api.ts'

/** One on each line, or with commas between; undefined: from everywhere. */
export function readLines(text: string): string[] | undefined {
  const all = text.split(/[\s,]+/).filter(Boolean)
  return all.length === 0 ? undefined : all
}

const LABEL = 'Only from these addresses'
const NOTE = 'Addresses, or networks such as 203.0.113.0/24, one on each line. Empty: from everywhere.'

export function AddressesInput({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <Textarea
      label={LABEL}
      description={NOTE}
      autosize
      minRows={1}
      maxRows={10}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

/** From where a token is taken, and the way to change that. */
export function TokenAddresses({ workspace, token }: { workspace: string; token: TokenView }) {
  const { closing } = useRights(workspace)
  const client = useQueryClient()
  const [text, setText] = useState<string>()
  const change = useMutation({
    mutationFn: (wanted: string) => api.changeToken(workspace, token.id, { addresses: readLines(wanted) ?? null }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [workspace, 'tokens'] })
      setText(undefined)
    },
  })
  const { addresses, revokedAt } = token
  const shown =
    addresses === null
      ? 'Everywhere'
      : addresses.length === 1
        ? addresses[0]
        : `${addresses[0]} and ${addresses.length - 1} more`
  if (revokedAt !== null || closing) return <span className="muted">{shown}</span>
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        title={addresses?.join(', ')}
        aria-label={`From where ${token.name} is taken: ${shown}. Change`}
        onClick={() => setText(addresses?.join('\n') ?? '')}
      >
        {shown}
      </Button>
      <EffectDialog
        open={text !== undefined}
        title={`From where “${token.name}” is taken`}
        verb="Save"
        busy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate(text ?? '')}
        onClose={() => setText(undefined)}
      >
        <AddressesInput value={text ?? ''} onChange={setText} />
        <p className="muted">From the next request on. From elsewhere it is refused, as if there were no such token.</p>
      </EffectDialog>
    </>
  )
}
