import { Button, Select } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { HookView } from '../../server/contract/hooks.ts'
import * as api from '../api.ts'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Key } from '../parts/Key.tsx'
import { sayError } from '../parts/say-error.ts'

const OVERLAPS = [
  { value: '0', label: 'Not at all: it is refused at once' },
  { value: '24', label: 'For 24 hours more' },
  { value: '168', label: 'For a week more' },
]

/** Makes the secret of a hook, or replaces it. It is shown once. */
export function HookSecret({ workspace, hook }: { workspace: string; hook: HookView }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [overlap, setOverlap] = useState('24')
  const first = hook.secretEnds === null
  const make = useMutation({
    mutationFn: () => api.newSecret(workspace, hook.flow, hook.id, first ? {} : { overlapHours: Number(overlap) }),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'flows', hook.flow, 'hooks'] })
    },
  })
  return (
    <>
      {make.data ? (
        <Banner tone="ok" title="This secret is shown this once. Copy it now." live>
          <div>
            <Key value={make.data.secret} label="secret" />
          </div>
        </Banner>
      ) : null}
      <div>
        <Button
          variant="default"
          onClick={() => {
            if (first) make.mutate()
            else setAsked(true)
          }}
          loading={make.isPending && first}
        >
          {first ? 'Make the secret' : 'Replace the secret…'}
        </Button>
      </div>
      {first && make.error ? (
        <Banner tone="failed" title={sayError(make.error).title} live>
          <p>{sayError(make.error).detail}</p>
        </Banner>
      ) : null}
      <EffectDialog
        open={asked}
        title={`Replace the secret of “${hook.nodeName}”?`}
        verb="Make a new secret"
        keep="Keep the old one"
        danger
        busy={make.isPending}
        error={make.error}
        onConfirm={() => make.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          The sender has to get the new one. Events with the old one are refused as soon as it is no longer good, and
          most senders try again for a while.
        </p>
        <Select
          label="How long the old one stays good"
          data={OVERLAPS}
          value={overlap}
          onChange={(value) => setOverlap(value ?? '24')}
        />
      </EffectDialog>
    </>
  )
}
