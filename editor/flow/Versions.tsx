import { Button, Group } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { VersionView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import classes from './Versions.module.css'
import { visible } from '../format/visible.ts'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { flowQuery, versionsQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { RollBack } from './RollBack.tsx'

/** Published versions, newest first; any can be looked at and made the draft again. */
export function Versions({ workspace, flow, shown }: { workspace: string; flow: string; shown: number | undefined }) {
  const versions = useQuery(versionsQuery(workspace, flow))
  const { may } = useRights(workspace)
  const one = useQuery(flowQuery(workspace, flow))
  const columns: readonly Column<VersionView>[] = [
    {
      id: 'number',
      title: 'Version',
      short: true,
      cell: (version) => (
        <RowLink
          to="/w/$workspace/flows/$flow"
          params={{ workspace, flow }}
          search={{ tab: 'steps', version: version.number }}
        >
          Version {version.number}
        </RowLink>
      ),
    },
    { id: 'summary', title: 'Summary', grow: true, cell: (version) => version.summary },
    {
      id: 'live',
      title: 'State',
      cell: (version) => (version.live ? <StateBadge tone="ok" word="Live" /> : <span className="muted">Earlier</span>),
    },
    { id: 'author', title: 'By', cell: (version) => version.author },
    { id: 'at', title: 'Published', cell: (version) => <When at={version.createdAt} /> },
    {
      id: 'restore',
      title: 'Restore',
      silent: true,
      cell: (version) => (
        <Group gap="xs" className={classes.actions}>
          <ButtonLink
            size="compact-sm"
            variant="default"
            to="/w/$workspace/flows/$flow/versions/$number/canvas"
            params={{ workspace, flow, number: String(version.number) }}
          >
            Canvas
          </ButtonLink>
          {may('flows.edit') ? <Restore workspace={workspace} flow={flow} version={version} /> : null}
          {one.data && !version.live ? <RollBack workspace={workspace} flow={one.data} version={version} /> : null}
        </Group>
      ),
    },
  ]
  return (
    <Loaded query={versions}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState title="Nothing is published yet">
            The draft is not live. Publishing makes it version 1, which can then be turned on.
          </EmptyState>
        ) : (
          <DataTable
            label="Versions"
            columns={columns}
            rows={items}
            rowKey={(version) => String(version.number)}
            current={(version) => version.number === shown}
          />
        )
      }
    </Loaded>
  )
}

function Restore({ workspace, flow, version }: { workspace: string; flow: string; version: VersionView }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  // Of a tab that never edits: a sign of life without a wish takes the pen from nobody.
  const lease = useQuery({
    queryKey: [workspace, 'flows', flow, 'lease'],
    queryFn: () => api.lease(workspace, flow, { tab: 'only-looks' }),
    enabled: asked,
    staleTime: 0,
  })
  const holder = lease.data?.holder ?? null
  const restore = useMutation({
    mutationFn: () => api.restore(workspace, flow, version.number),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'flows', flow] })
    },
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Restore as draft: version ${version.number}`}
        onClick={() => setAsked(true)}
      >
        Restore as draft
      </Button>
      <EffectDialog
        open={asked}
        title={`Make version ${version.number} the draft?`}
        verb="Restore as draft"
        busy={restore.isPending}
        error={restore.error}
        onConfirm={() => restore.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>The present draft is replaced. What is live stays live until you publish.</p>
        {holder ? (
          <Banner
            tone="attention"
            title={
              holder.you ? 'You edit this draft in another tab' : `${visible(holder.name)} edits this draft just now`
            }
          >
            <p>
              It becomes version {version.number} {holder.you ? 'there' : 'before their eyes'} too, with what is not
              saved yet put together with it.
              {holder.you ? '' : ' What they have saved stays in the history of the draft.'}
            </p>
          </Banner>
        ) : null}
      </EffectDialog>
    </>
  )
}
