import { Button, Menu } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import { useRights } from '../shell/use-rights.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import * as api from '../api.ts'
import { Archive } from './Archive.tsx'
import { Backfill } from './Backfill.tsx'
import { Delete } from './Delete.tsx'
import { Resync } from './Resync.tsx'
import { Tags } from './Tags.tsx'

/** What one does with a flow more rarely: the past again, single records again, its file. */
export function MoreActions(props: { workspace: string; flow: FlowView; onExport: (() => void) | undefined }) {
  const { workspace, flow } = props
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState<'backfill' | 'resync' | 'archive' | 'tags' | 'delete'>()
  const live = flow.liveVersion !== null
  const backfill = live && may('runs.backfill')
  const resync = live && may('runs.rerun')
  const client = useQueryClient()
  const navigate = useNavigate()
  const duplicate = useMutation({
    mutationFn: async () => {
      const { document } = await api.draft(workspace, flow.id)
      return api.importFlow(workspace, JSON.stringify({ ...document, name: `${document.name} (copy)`.slice(0, 200) }))
    },
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: [workspace, 'flows'] })
      await navigate({ to: '/w/$workspace/flows/$flow/edit', params: { workspace, flow: made.id } })
    },
  })
  if (!backfill && !resync && !props.onExport) return null
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {backfill ? <Menu.Item onClick={() => setAsked('backfill')}>Back-fill…</Menu.Item> : null}
          {resync ? <Menu.Item onClick={() => setAsked('resync')}>Re-sync a record…</Menu.Item> : null}
          {props.onExport ? <Menu.Item onClick={props.onExport}>Export as a file</Menu.Item> : null}
          {may('flows.edit') ? <Menu.Item onClick={() => duplicate.mutate()}>Duplicate</Menu.Item> : null}
          {may('flows.edit') ? <Menu.Item onClick={() => setAsked('archive')}>Archive…</Menu.Item> : null}
          {may('flows.edit') ? <Menu.Item onClick={() => setAsked('tags')}>Tags…</Menu.Item> : null}
          {may('flows.publish') ? (
            <Menu.Item color="danger" onClick={() => setAsked('delete')}>
              Delete…
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {backfill ? (
        <Backfill workspace={workspace} flow={flow} open={asked === 'backfill'} onClose={() => setAsked(undefined)} />
      ) : null}
      {asked === 'archive' ? <Archive workspace={workspace} flow={flow} onClose={() => setAsked(undefined)} /> : null}
      {asked === 'tags' ? <Tags workspace={workspace} flow={flow} onClose={() => setAsked(undefined)} /> : null}
      {asked === 'delete' ? <Delete workspace={workspace} flow={flow} onClose={() => setAsked(undefined)} /> : null}
      {resync ? (
        <Resync workspace={workspace} flow={flow} open={asked === 'resync'} onClose={() => setAsked(undefined)} />
      ) : null}
    </>
  )
}
