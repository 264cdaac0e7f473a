import { Button, Menu } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import { useRights } from '../shell/use-rights.ts'
import { Backfill } from './Backfill.tsx'
import { Resync } from './Resync.tsx'

/** What one does with a flow more rarely: the past again, single records again, its file. */
export function MoreActions(props: { workspace: string; flow: FlowView; onExport: (() => void) | undefined }) {
  const { workspace, flow } = props
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState<'backfill' | 'resync'>()
  const live = flow.liveVersion !== null
  const backfill = live && may('runs.backfill')
  const resync = live && may('runs.rerun')
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
        </Menu.Dropdown>
      </Menu>
      {backfill ? (
        <Backfill workspace={workspace} flow={flow} open={asked === 'backfill'} onClose={() => setAsked(undefined)} />
      ) : null}
      {resync ? (
        <Resync workspace={workspace} flow={flow} open={asked === 'resync'} onClose={() => setAsked(undefined)} />
      ) : null}
    </>
  )
}
