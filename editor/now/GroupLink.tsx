import type { ReactNode } from 'react'
import type { NowGroup } from '../../server/contract/now.ts'
import { RowLink } from '../parts/DataTable.tsx'

/** Leads to exactly what a group counts: one thing, or a list narrowed to them. */
export function GroupLink({ workspace, group, children }: { workspace: string; group: NowGroup; children: ReactNode }) {
  const [only] = group.flowCount === 1 ? group.flows : []
  const run = group.run
  if ((group.kind === 'failed' || group.kind === 'waiting') && run !== null) {
    return (
      <RowLink to="/w/$workspace/runs/$run" params={{ workspace, run }}>
        {children}
      </RowLink>
    )
  }
  switch (group.kind) {
    case 'failed':
    case 'waiting':
      return (
        <RowLink
          to="/w/$workspace/runs"
          params={{ workspace }}
          search={{
            ...(group.state === null ? {} : { state: group.state }),
            ...(group.fault === null ? {} : { fault: group.fault }),
            ...(only && group.fault === null ? { flow: only.id } : {}),
          }}
        >
          {children}
        </RowLink>
      )
    case 'exceptions':
      return (
        <RowLink
          to="/w/$workspace/exceptions"
          params={{ workspace }}
          search={{
            state: 'open',
            ...(only ? { flow: only.id } : {}),
            ...(group.node === null ? {} : { node: group.node }),
            ...(group.code === null ? {} : { code: group.code }),
            ...(group.fault === null ? {} : { fault: group.fault }),
          }}
        >
          {children}
        </RowLink>
      )
    case 'connection':
      return (
        <RowLink to="/w/$workspace/connections/$connection" params={{ workspace, connection: group.connection ?? '' }}>
          {children}
        </RowLink>
      )
    case 'message':
      return (
        <RowLink to="/w/$workspace/alerts" params={{ workspace }} search={{ tab: 'sent' }}>
          {children}
        </RowLink>
      )
    case 'report':
      return (
        <RowLink to="/w/$workspace/reports" params={{ workspace }}>
          {children}
        </RowLink>
      )
    case 'schedule':
    case 'stopped':
    case 'hook':
      return only ? (
        <RowLink
          to="/w/$workspace/flows/$flow"
          params={{ workspace, flow: only.id }}
          search={
            group.kind === 'hook'
              ? { tab: 'hooks', ...(group.hook === null ? {} : { hook: group.hook }) }
              : group.kind === 'schedule'
                ? { tab: 'schedule' }
                : {}
          }
        >
          {children}
        </RowLink>
      ) : (
        <RowLink to="/w/$workspace/flows" params={{ workspace }}>
          {children}
        </RowLink>
      )
  }
}
