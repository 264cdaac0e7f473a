import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ApprovalView } from '../../server/contract/approvals.ts'
import type { FlowView } from '../../server/contract/flows.ts'
import { nameOf, sayDecided } from '../approval/say-approval.ts'
import { useApprovals } from '../approval/use-approvals.ts'
import { NewFlow } from '../flow/NewFlow.tsx'
import { NoFlows } from '../flow/NoFlows.tsx'
import { countOf } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { NowTable } from '../now/NowTable.tsx'
import { nowQuery } from '../now/queries.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { flowsQuery } from '../queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/building')

/** The home of whoever makes flows: what they left half done, what waits for them, what does not work any more. */
export function Building() {
  const { workspace } = route.useParams()
  const { may } = useRights(workspace)
  const flows = useQuery(flowsQuery(workspace))
  return (
    <Page
      title="What I’m building"
      sentence={flows.data ? sayDrafts(flows.data.items) : 'Drafts, and what waits for you.'}
      // Here from the first paint, whatever is listed: they may be in use when that comes.
      actions={
        may('flows.edit') ? (
          <>
            <ButtonLink variant="default" to="/w/$workspace/templates" params={{ workspace }}>
              Prebuilt flows
            </ButtonLink>
            <NewFlow workspace={workspace} quiet={flows.data?.items.length === 0} />
          </>
        ) : null
      }
    >
      <Loaded query={flows} rows={4}>
        {({ items }) => {
          if (items.length === 0) return <NoFlows workspace={workspace} />
          const drafts = drafted(items)
          return (
            <>
              <Section title="Go on" note="Drafts with what is not published yet, the latest first.">
                {drafts.length === 0 ? (
                  <EmptyState title="Every draft is published">
                    What runs is what was drawn.{' '}
                    <Link to="/w/$workspace/flows" params={{ workspace }}>
                      See the flows
                    </Link>
                  </EmptyState>
                ) : (
                  <Drafts workspace={workspace} drafts={drafts} />
                )}
              </Section>
              <WaitsForYou workspace={workspace} />
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

const drafted = (flows: readonly FlowView[]): readonly FlowView[] =>
  flows.filter((flow) => flow.draft.changed).sort((a, b) => b.draft.at.localeCompare(a.draft.at))

function sayDrafts(flows: readonly FlowView[]): string {
  if (flows.length === 0) return 'Nothing yet.'
  const count = drafted(flows).length
  return `${count === 0 ? 'No draft differs' : `${countOf(count, 'draft')} ${count === 1 ? 'differs' : 'differ'}`} from what is live. ${countOf(flows.filter(({ enabled }) => enabled).length, 'flow')} on.`
}

function Drafts({ workspace, drafts }: { workspace: string; drafts: readonly FlowView[] }) {
  const approvals = useApprovals(workspace)
  const columns: readonly Column<FlowView>[] = [
    {
      id: 'flow',
      title: 'Flow',
      grow: true,
      cell: (flow) => (
        <span>
          <RowLink to="/w/$workspace/flows/$flow/edit" params={{ workspace, flow: flow.id }}>
            {flow.name}
          </RowLink>
          <Asked last={approvals.find((one) => one.flow?.id === flow.id)} />
        </span>
      ),
    },
    {
      id: 'live',
      title: 'Live',
      cell: (flow) => (flow.liveVersion === null ? 'Not published yet' : `Version ${flow.liveVersion}`),
    },
    { id: 'by', title: 'Changed by', cell: (flow) => flow.draft.by ?? '—' },
    { id: 'at', title: 'Changed', cell: (flow) => <When at={flow.draft.at} /> },
    {
      id: 'compare',
      title: 'Compare',
      silent: true,
      cell: (flow) =>
        flow.liveVersion === null ? null : (
          <Link
            to="/w/$workspace/flows/$flow/compare"
            params={{ workspace, flow: flow.id }}
            search={{ a: 'live', b: 'draft' }}
          >
            Compare with live
          </Link>
        ),
    },
  ]
  return <DataTable label="Drafts" columns={columns} rows={drafts} rowKey={(flow) => flow.id} />
}

/** What became of the last request for a draft: whoever asked does not have to go and look. */
function Asked({ last }: { last: ApprovalView | undefined }) {
  if (!last || last.state === 'approved') return null
  return (
    <span className="muted" style={{ display: 'block', overflowWrap: 'anywhere' }}>
      {last.state === 'open'
        ? 'Waits for a second person'
        : `${sayDecided(last)}${last.reason ? `: ${visible(last.reason)}` : ''}`}
    </span>
  )
}

/** Approvals to give, words to answer, and flows that do not work any more. */
function WaitsForYou({ workspace }: { workspace: string }) {
  const { may } = useRights(workspace)
  const approvals = useApprovals(workspace)
  const now = useQuery({ ...nowQuery(workspace), enabled: may('operations.read') })
  const waiting = approvals.filter((one) => one.state === 'open' && one.mayDecide)
  const groups = (now.data?.groups ?? []).filter(({ tone, kind }) => tone === 'red' || kind === 'report')
  const columns: readonly Column<ApprovalView>[] = [
    {
      id: 'what',
      title: 'What',
      grow: true,
      cell: (one) => (
        <RowLink to="/w/$workspace/approvals/$approval" params={{ workspace, approval: one.id }}>
          {nameOf(one)}
        </RowLink>
      ),
    },
    { id: 'by', title: 'Asked by', cell: (one) => one.askedBy },
    { id: 'at', title: 'Since', cell: (one) => <When at={one.createdAt} /> },
  ]
  return (
    <>
      {waiting.length > 0 ? (
        <Section title="Asks for your approval">
          <DataTable label="Approvals to give" columns={columns} rows={waiting} rowKey={(one) => one.id} />
        </Section>
      ) : null}
      <Section
        title="Does not work, or is asked about"
        actions={
          <ButtonLink variant="default" to="/w/$workspace/now" params={{ workspace }}>
            All that needs somebody
          </ButtonLink>
        }
      >
        <Loaded query={now} rows={3}>
          {() =>
            groups.length === 0 ? (
              <EmptyState title="All that is on works, and nobody has asked" />
            ) : (
              <NowTable workspace={workspace} label="What stands still" groups={groups} />
            )
          }
        </Loaded>
      </Section>
    </>
  )
}
