import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ApprovalView } from '../../server/contract/approvals.ts'
import { approvalsQuery } from '../approval/queries.ts'
import { nameOf, STATE_WORDS } from '../approval/say-approval.ts'
import { countOf } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/approvals')

/** What waits for a second person, and what was decided. */
export function Approvals() {
  const { workspace } = route.useParams()
  const approvals = useQuery(approvalsQuery(workspace))
  const { may } = useRights(workspace)
  const open = approvals.data?.items.filter(({ state }) => state === 'open') ?? []
  const mine = open.filter(({ mayDecide }) => mayDecide).length
  const columns: readonly Column<ApprovalView>[] = [
    {
      id: 'what',
      title: 'What',
      grow: true,
      cell: (one) => (
        <span>
          <RowLink to="/w/$workspace/approvals/$approval" params={{ workspace, approval: one.id }}>
            {nameOf(one)}
          </RowLink>
          <span className="muted" style={{ display: 'block', overflowWrap: 'anywhere' }}>
            {visible(one.summary)}
          </span>
        </span>
      ),
    },
    { id: 'state', title: 'State', cell: (one) => <StateBadge {...STATE_WORDS[one.state]} /> },
    { id: 'by', title: 'Asked by', cell: (one) => one.askedBy },
    { id: 'at', title: 'Since', cell: (one) => <When at={one.createdAt} /> },
    { id: 'decided', title: 'Decided by', wideOnly: true, cell: (one) => one.decidedBy ?? '—' },
  ]
  return (
    <Page
      title="Approvals"
      sentence={
        approvals.data
          ? open.length === 0
            ? 'Nothing waits.'
            : `${countOf(open.length, 'request')} open, ${mine === open.length ? (mine === 1 ? 'for you to decide' : 'all for you to decide') : mine === 0 ? 'none of them for you' : `${mine} of them for you`}.`
          : 'What waits for a second person.'
      }
    >
      <Loaded query={approvals} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title="Nothing was asked for yet"
              action={
                may('people.read') ? (
                  <ButtonLink variant="default" to="/w/$workspace/people" params={{ workspace }}>
                    Whether a second person is wanted
                  </ButtonLink>
                ) : null
              }
            >
              Where the workspace wants a second person, whatever is to go live stands here first.
            </EmptyState>
          ) : (
            <DataTable label="Approvals" columns={columns} rows={items} rowKey={(one) => one.id} />
          )
        }
      </Loaded>
    </Page>
  )
}
