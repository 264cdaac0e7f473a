import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { FlowView, VersionView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import { ChangeList } from '../compare/ChangeList.tsx'
import { changesOf } from '../compare/changes.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { versionQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'

/** Makes an earlier version the live one again, as a new version, after showing what that changes. */
export function RollBack(props: { workspace: string; flow: FlowView; version: VersionView }) {
  const { workspace, flow, version } = props
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState(false)
  const live = useQuery({
    ...versionQuery(workspace, flow.id, flow.liveVersion ?? 0),
    enabled: asked && flow.liveVersion !== null,
  })
  const then = useQuery({ ...versionQuery(workspace, flow.id, version.number), enabled: asked })
  const back = useMutation({
    mutationFn: async () => {
      const { revision } = await api.restore(workspace, flow.id, version.number)
      return api.publish(workspace, flow.id, { summary: `Back to version ${version.number}`, revision })
    },
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'flows'] })
    },
  })
  if (!may('flows.publish') || flow.liveVersion === null) return null
  const changes =
    live.data && then.data
      ? changesOf(live.data.document, then.data.document).filter((one) => one.kind !== 'moved')
      : []
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        onClick={() => {
          back.reset()
          setAsked(true)
        }}
      >
        Roll back to this…
      </Button>
      <EffectDialog
        open={asked}
        title={`Make version ${version.number} live again?`}
        verb={`Roll back to version ${version.number}`}
        disabled={live.data === undefined || then.data === undefined}
        busy={back.isPending}
        error={back.error}
        onConfirm={() => back.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          A new version with the content of version {version.number} becomes live.{' '}
          {flow.enabled
            ? 'The flow is on: its next run uses it. A run in progress finishes with the version it began with. What was sent stays sent.'
            : 'The flow is off: nothing runs until it is turned on.'}
        </p>
        {flow.draft.changed ? (
          <p>
            The draft has changes that are not published. They stay in the editor’s history, by their author and time.
          </p>
        ) : null}
        <h3>What changes for runs</h3>
        <ChangeList changes={changes} />
      </EffectDialog>
    </>
  )
}
