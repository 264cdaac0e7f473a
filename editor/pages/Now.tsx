import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Now as NowAnswer } from '../../server/contract/now.ts'
import { ApprovalsWaiting } from '../approval/ApprovalsWaiting.tsx'
import { useApprovals } from '../approval/use-approvals.ts'
import { NoFlows } from '../flow/NoFlows.tsx'
import { Hours } from '../now/Hours.tsx'
import { NowTable } from '../now/NowTable.tsx'
import { nowQuery } from '../now/queries.ts'
import { sayDay, sayNow, TONES } from '../now/say-now.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { flowsQuery, sessionQuery } from '../queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useFirstRow } from '../shell/use-first-row.ts'
import { RUN_WORDS } from '../words.ts'

const route = getRouteApi('/w/$workspace/now')

/** The home of whoever keeps flows going: what needs somebody, by cause, gravest first. */
export function Now() {
  const { workspace } = route.useParams()
  useFirstRow()
  const now = useQuery(nowQuery(workspace))
  const asked = useApprovals(workspace).filter((one) => one.state === 'open' && one.mayDecide).length
  const session = useQuery(sessionQuery)
  const many = (session.data?.workspaces ?? []).filter((own) => own.permissions.includes('operations.read')).length > 1
  return (
    <Page
      title="Right now"
      sentence={now.data ? sayNow(now.data, asked) : 'What needs somebody, by cause.'}
      actions={
        <>
          {many ? (
            <ButtonLink variant="default" to="/w/$workspace/causes" params={{ workspace }}>
              All clients
            </ButtonLink>
          ) : null}
          <ButtonLink variant="default" to="/w/$workspace/health" params={{ workspace }}>
            Health
          </ButtonLink>
        </>
      }
    >
      <Loaded query={now} rows={5}>
        {(shown) => (
          <>
            <ApprovalsWaiting workspace={workspace} />
            {shown.groups.length === 0 && asked > 0 ? null : shown.groups.length === 0 ? (
              shown.flowsOn === 0 ? (
                <NothingOn workspace={workspace} now={shown} />
              ) : (
                <Quiet now={shown} />
              )
            ) : (
              TONES.map(({ tone, title, note }) => {
                const groups = shown.groups.filter((group) => group.tone === tone)
                return groups.length === 0 ? null : (
                  <Section key={tone} title={title} note={note}>
                    <NowTable workspace={workspace} label={title} groups={groups} />
                  </Section>
                )
              })
            )}
            {shown.more ? (
              <p className="muted">
                There is more than is counted here: of failed runs the newest 10,000 of seven days, of those that wait
                the oldest 500.
              </p>
            ) : null}
            <Section title="The last 24 hours">
              <Hours workspace={workspace} now={shown} />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  )
}

/** All is well, with what proves it. */
function Quiet({ now: { lastRun, nextRun, ...now } }: { now: NowAnswer }) {
  return (
    <EmptyState title="Quiet: nothing needs anybody">
      {sayDay(now)}{' '}
      {lastRun ? (
        <>
          The last run, of {lastRun.flow.name}, ended <When at={lastRun.endedAt} />:{' '}
          {RUN_WORDS[lastRun.state].word.toLowerCase()}.{' '}
        </>
      ) : null}
      {nextRun ? (
        <>
          The next is due <When at={nextRun.dueAt} />, of {nextRun.flow.name}.
        </>
      ) : (
        'None is due by a schedule.'
      )}
    </EmptyState>
  )
}

function NothingOn({ workspace, now }: { workspace: string; now: NowAnswer }) {
  const flows = useQuery(flowsQuery(workspace))
  if (flows.data === undefined) return null
  if (flows.data.items.length === 0) return <NoFlows workspace={workspace} />
  return (
    <EmptyState
      title="No flow is on"
      action={
        <ButtonLink to="/w/$workspace/flows" params={{ workspace }}>
          See the flows
        </ButtonLink>
      }
    >
      Nothing needs anybody, because nothing is switched on. {sayDay(now)}
    </EmptyState>
  )
}
