import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ExceptionGroups } from '../../server/contract/exception-care.ts'
import { ApprovalsWaiting } from '../approval/ApprovalsWaiting.tsx'
import { ByAge } from '../exception/ByAge.tsx'
import { ExceptionTable } from '../exception/ExceptionTable.tsx'
import { Groups } from '../exception/Groups.tsx'
import { countOf, sayCount } from '../format/number.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Sums } from '../parts/Sums.tsx'
import { When } from '../parts/When.tsx'
import { chosenMonth, sayAllFlows } from '../period/month.ts'
import { Months } from '../period/Months.tsx'
import { periodQuery } from '../period/requests.ts'
import { SignOffs } from '../period/SignOffs.tsx'
import { automationsQuery, exceptionGroupsQuery, exceptionsQuery } from '../queries.ts'
import { Card, Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import type { Automation } from '../../server/contract/automations.ts'

const route = getRouteApi('/w/$workspace/desk')
const MINE = 20

/** The home of finance and of marketing: what their desk has to settle, the money in it, and what went through. */
export function Desk() {
  const { workspace } = route.useParams()
  const { period } = route.useSearch()
  const navigate = route.useNavigate()
  const { role, may } = useRights(workspace)
  const desk = role === 'finance' || role === 'marketing' ? role : undefined
  const filter = desk === undefined ? {} : { desk }
  const groups = useQuery(exceptionGroupsQuery(workspace, filter))
  const mine = useInfiniteQuery(exceptionsQuery(workspace, { assigned: 'me', state: 'open', limit: MINE }))
  const agreeing = desk !== 'marketing' && may('periods.read')
  const month = useQuery({ ...periodQuery(workspace, chosenMonth(period)), enabled: agreeing })
  const own = mine.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Page
      title={desk === 'marketing' ? 'To settle' : 'To agree'}
      sentence={
        groups.data
          ? [month.data ? sayAllFlows(month.data) : '', sayDesk(groups.data)].filter(Boolean).join(' ')
          : 'What waits for you, and what went through.'
      }
      actions={
        <ButtonLink variant="default" to="/w/$workspace/unknown" params={{ workspace }}>
          Did it arrive?
        </ButtonLink>
      }
    >
      {agreeing ? (
        <Months
          workspace={workspace}
          period={period}
          onChoose={(chosen) => void navigate({ search: { period: chosen } })}
        />
      ) : null}
      {may('flows.read') ? <ApprovalsWaiting workspace={workspace} /> : null}
      <Loaded query={groups} rows={4}>
        {(shown) =>
          shown.open === 0 ? (
            <EmptyState title="Nothing waits for you">
              No record of {desk ?? 'any desk'} is set aside. What went through this week stands below.
            </EmptyState>
          ) : (
            <>
              <Card>
                <Facts>
                  <Fact term="Open">{sayCount(shown.open - shown.snoozed)}</Fact>
                  <Fact term="At stake">
                    <Sums money={shown.money} />
                  </Fact>
                  <Fact term="Yours">{sayCount(shown.mine)}</Fact>
                  <Fact term="Put aside">{sayCount(shown.snoozed)}</Fact>
                  <Fact term="Oldest">
                    <When at={shown.oldest} />
                  </Fact>
                </Facts>
              </Card>
              <Section title="By age" note="The oldest first, also what is put aside.">
                <ByAge workspace={workspace} desk={desk} ages={shown.ages} />
              </Section>
              <Section title="By cause" note="The most money first.">
                <Groups workspace={workspace} filter={filter} />
              </Section>
            </>
          )
        }
      </Loaded>
      {own.length > 0 ? (
        <Section
          title="In your hands"
          actions={
            <ButtonLink
              variant="default"
              to="/w/$workspace/exceptions"
              params={{ workspace }}
              search={{ assigned: 'me', state: 'open' }}
            >
              All of yours
            </ButtonLink>
          }
        >
          <ExceptionTable workspace={workspace} rows={own} />
        </Section>
      ) : null}
      {desk !== 'marketing' && may('periods.read') ? <SignOffs workspace={workspace} /> : null}
      <WentThrough workspace={workspace} />
    </Page>
  )
}

const COLUMNS: readonly Column<Automation>[] = [
  { id: 'name', title: 'Flow', grow: true, cell: (one) => one.name },
  { id: 'read', title: 'Read', align: 'end', cell: (one) => sayCount(one.week.read) },
  { id: 'sent', title: 'Sent', align: 'end', cell: (one) => sayCount(one.week.sent) },
  { id: 'last', title: 'Last went through', cell: (one) => <When at={one.lastSync?.at} empty="Not yet" /> },
  { id: 'next', title: 'Next', wideOnly: true, cell: (one) => <When at={one.nextDue} /> },
]

function WentThrough({ workspace }: { workspace: string }) {
  const list = useQuery(automationsQuery(workspace))
  return (
    <Section title="What went through, 7 days">
      <Loaded query={list} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="Nothing is set up yet" />
          ) : (
            <DataTable label="Records read and sent" columns={COLUMNS} rows={items} rowKey={(one) => one.flow} />
          )
        }
      </Loaded>
    </Section>
  )
}

function sayDesk({ open, mine }: ExceptionGroups): string {
  if (open === 0) return 'Nothing waits for you.'
  return `${countOf(open, 'record')} ${open === 1 ? 'waits' : 'wait'} for a decision${mine > 0 ? `, ${sayCount(mine)} of them yours` : ''}.`
}
