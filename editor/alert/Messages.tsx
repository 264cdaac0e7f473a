import { useInfiniteQuery } from '@tanstack/react-query'
import type { AlertMessageView } from '../../server/contract/alerts.ts'
import { alertMessagesQuery } from '../alerts.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { KIND_WORDS, MESSAGE_WORDS } from './say.ts'

const COLUMNS: readonly Column<AlertMessageView>[] = [
  { id: 'state', title: 'State', cell: (one) => <StateBadge {...MESSAGE_WORDS[one.state]} /> },
  {
    id: 'text',
    title: 'What was told',
    grow: true,
    wrap: true,
    cell: (one) => (
      <>
        {one.text.split('\n')[0]}
        <br />
        <span className="muted">
          {KIND_WORDS[one.kind]} · {one.rule.name}
          {one.error === null ? '' : ` · ${one.error}`}
        </span>
      </>
    ),
  },
  {
    id: 'to',
    title: 'To',
    wrap: true,
    cell: (one) => (
      <>
        {one.address ?? one.over ?? 'A connection that is gone'}
        {one.address === null ? null : <span className="muted"> over {one.over ?? 'a connection that is gone'}</span>}
      </>
    ),
  },
  { id: 'at', title: 'When', cell: (one) => <When at={one.settledAt ?? one.dueAt} /> },
]

/** What was told to whom. */
export function Messages({ workspace }: { workspace: string }) {
  const messages = useInfiniteQuery(alertMessagesQuery(workspace))
  const rows = messages.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Loaded query={messages}>
      {() =>
        rows.length === 0 ? (
          <EmptyState title="Nothing was sent yet">
            Send a test message from a rule to see whether it arrives.
          </EmptyState>
        ) : (
          <DataTable
            label="Messages"
            columns={COLUMNS}
            rows={rows}
            rowKey={(one) => one.id}
            more={
              messages.hasNextPage
                ? { load: () => void messages.fetchNextPage(), loading: messages.isFetchingNextPage }
                : undefined
            }
          />
        )
      }
    </Loaded>
  )
}
