import { Button, Select } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { NoticeView } from '../../server/contract/notices.ts'
import { sayCount } from '../format/number.ts'
import * as kept from '../kept.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Filters } from '../parts/Filters.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { DESK_WORDS, SEVERITY_WORDS } from '../words.ts'

const route = getRouteApi('/w/$workspace/notices')

/** What flows told the people of a desk, by their step “Notify”. */
export function Notices() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { may } = useRights(workspace)
  const { state = 'open', desk } = search
  const notices = useInfiniteQuery(kept.noticesQuery(workspace, { state, desk }))
  const rows = notices.data?.pages.flatMap((page) => page.items) ?? []
  const columns: readonly Column<NoticeView>[] = [
    { id: 'severity', title: 'Severity', cell: (one) => <StateBadge {...SEVERITY_WORDS[one.severity]} /> },
    {
      id: 'message',
      title: 'What it says',
      grow: true,
      wrap: true,
      cell: (one) => (
        <>
          {one.message}
          <br />
          <span className="muted">
            <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: one.flow.id }}>
              {one.flow.name}
            </Link>
            {one.nodeName ? ` · ${one.nodeName}` : ''}
          </span>
        </>
      ),
    },
    { id: 'desk', title: 'Desk', cell: (one) => DESK_WORDS[one.desk] },
    { id: 'count', title: 'Records', align: 'end', cell: (one) => sayCount(one.occurrences) },
    {
      id: 'last',
      title: 'Last',
      cell: (one) =>
        one.run === null ? (
          <When at={one.lastAt} />
        ) : (
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: one.run }}>
            <When at={one.lastAt} />
          </Link>
        ),
    },
    {
      id: 'close',
      title: 'Close',
      silent: true,
      cell: (one) =>
        one.closedAt === null ? (
          may('exceptions.dismiss') ? (
            <Close workspace={workspace} notice={one} />
          ) : null
        ) : (
          <span className="muted">
            Closed <When at={one.closedAt} />
            {one.closedBy ? ` by ${one.closedBy}` : ''}
          </span>
        ),
    },
  ]
  return (
    <Page
      title="Notices"
      sentence="What flows told you. Further records of the same kind are counted in the open notice; once you close it, the next opens a new one."
    >
      <Filters label="Filter notices">
        <Select
          label="State"
          data={[
            { value: 'open', label: 'Open' },
            { value: 'closed', label: 'Closed' },
          ]}
          value={state}
          allowDeselect={false}
          onChange={(value) =>
            navigate({ search: ({ state: _, ...rest }) => (value === 'closed' ? { ...rest, state: 'closed' } : rest) })
          }
        />
        <Select
          label="Desk"
          placeholder="All"
          clearable
          data={Object.entries(DESK_WORDS).map(([value, label]) => ({ value, label }))}
          value={desk ?? null}
          onChange={(value) =>
            navigate({
              search: ({ desk: _, ...rest }) => (value ? { ...rest, desk: value as NoticeView['desk'] } : rest), // one of the list's
            })
          }
        />
      </Filters>
      <Loaded query={notices}>
        {() =>
          rows.length === 0 ? (
            <EmptyState title={state === 'open' && desk === undefined ? 'Nothing to tell' : 'None that fit'}>
              The step “Notify” of a flow writes here.
            </EmptyState>
          ) : (
            <DataTable
              label="Notices"
              columns={columns}
              rows={rows}
              rowKey={(one) => one.id}
              more={
                notices.hasNextPage
                  ? { load: () => void notices.fetchNextPage(), loading: notices.isFetchingNextPage }
                  : undefined
              }
            />
          )
        }
      </Loaded>
    </Page>
  )
}

function Close({ workspace, notice }: { workspace: string; notice: NoticeView }) {
  const client = useQueryClient()
  const close = useMutation({
    mutationFn: () => kept.closeNotice(workspace, notice.id),
    onSuccess: () => client.invalidateQueries({ queryKey: [workspace, 'notices'] }),
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={close.isPending}
      aria-label={`Close: ${notice.message.slice(0, 80)}`}
      onClick={() => close.mutate()}
    >
      {close.isError ? 'Try again' : 'Close'}
    </Button>
  )
}
