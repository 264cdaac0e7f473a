import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ClientView } from '../../server/contract/clients.ts'
import type { FlowView } from '../../server/contract/flows.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import * as requests from './requests.ts'

/** Lets go of a client: its flow stays, and no push reaches it any more. */
export function Release({ workspace, flow, client }: { workspace: string; flow: FlowView; client: ClientView }) {
  const cache = useQueryClient()
  const [asked, setAsked] = useState(false)
  const place = { workspace: client.workspace.id, flow: client.flow.id }
  const release = useMutation({
    mutationFn: () => requests.release(workspace, flow.id, place),
    onSuccess: async () => {
      setAsked(false)
      await cache.invalidateQueries({ queryKey: [workspace, 'flows', flow.id, 'clients'] })
      void cache.invalidateQueries({ queryKey: [place.workspace, 'flows'] })
    },
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Let go… of ${client.workspace.name}`}
        onClick={() => {
          release.reset()
          setAsked(true)
        }}
      >
        Let go…
      </Button>
      <EffectDialog
        open={asked}
        title={`Let go of ${client.workspace.name}?`}
        verb="Let go"
        busy={release.isPending}
        error={release.error}
        onConfirm={() => release.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          The flow there runs on as it is, with its connections and answers. No version of {flow.name} reaches it any
          more, and what was pushed cannot be taken back from here. It can be adopted again.
        </p>
      </EffectDialog>
    </>
  )
}
