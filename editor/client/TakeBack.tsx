import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ClientView } from '../../server/contract/clients.ts'
import { ChangeList } from '../compare/ChangeList.tsx'
import { changesOf } from '../compare/changes.ts'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { versionQuery } from '../queries.ts'
import * as requests from './requests.ts'

/** Lets a client run again what ran there before the last push, after showing what that changes. */
export function TakeBack({ workspace, flow, client }: { workspace: string; flow: string; client: ClientView }) {
  const cache = useQueryClient()
  const [asked, setAsked] = useState(false)
  const { number = 0, before: earlier = 0, from = 0 } = client.lastPush ?? {}
  const there = { workspace: client.workspace.id, flow: client.flow.id }
  const live = useQuery({ ...versionQuery(there.workspace, there.flow, number), enabled: asked })
  const before = useQuery({ ...versionQuery(there.workspace, there.flow, earlier), enabled: asked })
  const back = useMutation({
    mutationFn: () => requests.rollBackClients(workspace, flow, { clients: [{ ...there, number }] }),
    onSuccess: async ({ items }) => {
      if (items.some(({ outcome }) => outcome !== 'rolled-back' && outcome !== 'asked')) return
      setAsked(false)
      await cache.invalidateQueries({ queryKey: [workspace, 'flows', flow, 'clients'] })
      void cache.invalidateQueries({ queryKey: [there.workspace, 'flows'] })
    },
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Take back… what was pushed to ${client.workspace.name}`}
        onClick={() => {
          back.reset()
          setAsked(true)
        }}
      >
        Take back…
      </Button>
      <EffectDialog
        open={asked}
        title={`Take the push to ${client.workspace.name} back?`}
        verb={`Back to version ${from}`}
        disabled={live.data === undefined}
        busy={back.isPending}
        error={back.error}
        onConfirm={() => back.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          What ran there before becomes a new version there, or is asked for where a second person approves.{' '}
          {client.enabled
            ? 'The flow is on: its next run uses it. A run in progress finishes with the version it began with. What was sent stays sent.'
            : 'The flow is off there: nothing runs until somebody turns it on.'}
        </p>
        {back.data?.items.map(({ reason }) =>
          reason === null ? null : (
            <Banner key={reason} tone="failed" title="It was refused" live>
              <p>{reason}</p>
            </Banner>
          ),
        )}
        <h3>What changes for runs there</h3>
        <Loaded query={live} rows={2}>
          {(now) => (
            <ChangeList
              changes={
                before.data ? changesOf(now.document, before.data.document).filter((one) => one.kind !== 'moved') : []
              }
            />
          )}
        </Loaded>
      </EffectDialog>
    </>
  )
}
