import { Tabs } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Inbox } from '../alert/Inbox.tsx'
import { Messages } from '../alert/Messages.tsx'
import { Rules } from '../alert/Rules.tsx'
import { sayAlerts } from '../alert/say.ts'
import { alertRulesQuery, alertsQuery } from '../alerts.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { ALERT_TABS } from '../search.ts'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import classes from './Flow.module.css'

const route = getRouteApi('/w/$workspace/alerts')

/** What is wrong, what is watched, what was told to whom. */
export function Alerts() {
  const { workspace } = route.useParams()
  const { tab = 'inbox' } = route.useSearch()
  const navigate = route.useNavigate()
  const { may } = useRights(workspace)
  const open = useInfiniteQuery({ ...alertsQuery(workspace, 'open'), enabled: may('alerts.read') })
  const rules = useQuery({ ...alertRulesQuery(workspace), enabled: may('alerts.read') })
  const watching = rules.data?.items.some(({ enabled }) => enabled)
  return (
    <Page
      title="Alerts"
      sentence={
        <>
          {open.data && watching !== undefined ? sayAlerts(open.data.pages, watching) : null} What flows say themselves
          stands under{' '}
          <Link to="/w/$workspace/notices" params={{ workspace }}>
            Notices
          </Link>
          .
        </>
      }
    >
      {may('alerts.read') ? (
        <Tabs
          value={tab}
          onChange={(next) => {
            const chosen = ALERT_TABS.find((name) => name === next)
            void navigate({ search: chosen && chosen !== 'inbox' ? { tab: chosen } : {}, resetScroll: false })
          }}
          keepMounted={false}
        >
          <Tabs.List>
            <Tabs.Tab value="inbox">Inbox</Tabs.Tab>
            <Tabs.Tab value="rules">Rules</Tabs.Tab>
            <Tabs.Tab value="sent">Sent</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="inbox" className={classes.panel}>
            <Inbox workspace={workspace} watching={watching} />
          </Tabs.Panel>
          <Tabs.Panel value="rules" className={classes.panel}>
            <Rules workspace={workspace} />
          </Tabs.Panel>
          <Tabs.Panel value="sent" className={classes.panel}>
            <Messages workspace={workspace} />
          </Tabs.Panel>
        </Tabs>
      ) : (
        <EmptyState title="Your role does not see alerts">Your agency looks after them.</EmptyState>
      )}
    </Page>
  )
}
