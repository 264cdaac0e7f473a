import { Menu, UnstyledButton } from '@mantine/core'
import {
  IconAlertTriangle,
  IconBuildingStore,
  IconBell,
  IconBellRinging,
  IconChecks,
  IconCpu,
  IconDots,
  IconHeartbeat,
  IconHistory,
  IconHome,
  IconPlugConnected,
  IconQuestionMark,
  IconRoute,
  IconSettings,
  IconToggleLeft,
  IconUsers,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { approvalRuleQuery } from '../approval/queries.ts'
import type { Membership } from '../../server/contract/people.ts'
import { ClosingBanner } from '../closing/ClosingBanner.tsx'
import { sessionQuery } from '../queries.ts'
import { Shut } from '../people/Shut.tsx'
import { PaletteKey } from '../palette/PaletteKey.tsx'
import { ErrorState } from '../parts/ErrorState.tsx'
import { Skeletons } from '../parts/Skeletons.tsx'
import classes from './AppShell.module.css'
import { homeOf } from './home-of.ts'
import { rememberWorkspace } from './preferences.ts'
import { OpenAlerts } from './OpenAlerts.tsx'
import { TopBar } from './TopBar.tsx'

// A phone has room for four; the others are behind “More” there.
const PLACES = [
  { to: 'home', word: 'Home', icon: IconHome, more: false },
  { to: '/w/$workspace/flows', word: 'Flows', icon: IconRoute, more: false },
  { to: '/w/$workspace/runs', word: 'Runs', icon: IconHistory, more: false },
  { to: '/w/$workspace/exceptions', word: 'Exceptions', icon: IconAlertTriangle, more: false },
  { to: '/w/$workspace/unknown', word: 'Did it arrive?', icon: IconQuestionMark, more: true },
  { to: '/w/$workspace/alerts', word: 'Alerts', icon: IconBellRinging, more: true },
  { to: '/w/$workspace/notices', word: 'Notices', icon: IconBell, more: true },
  { to: '/w/$workspace/connections', word: 'Connections', icon: IconPlugConnected, more: true },
  { to: '/w/$workspace/clients', word: 'Clients', icon: IconBuildingStore, more: true },
  { to: '/w/$workspace/home', word: 'Automations', icon: IconToggleLeft, more: true },
  { to: '/w/$workspace/health', word: 'Health', icon: IconHeartbeat, more: true },
  { to: '/w/$workspace/workers', word: 'Workers', icon: IconCpu, more: true },
  { to: '/w/$workspace/approvals', word: 'Approvals', icon: IconChecks, more: true },
  { to: '/w/$workspace/people', word: 'People', icon: IconUsers, more: true },
  { to: '/w/$workspace/settings', word: 'Settings', icon: IconSettings, more: true },
] as const

/** Where “Home” leads depends on the role. */
type Place = Omit<(typeof PLACES)[number], 'to'> & {
  readonly to: Exclude<(typeof PLACES)[number]['to'], 'home'> | ReturnType<typeof homeOf>
}

/** The places of somebody: a client’s automations are their home, and from health one comes to the workers. */
function placesOf(own: Membership | undefined, approving: boolean): readonly Place[] {
  const left: readonly string[] = [
    own?.permissions.includes('operations.read') ? 'Workers' : 'Health',
    ...(approving ? [] : ['Approvals']),
    ...(own === undefined || own.role === 'client' ? ['Automations'] : []),
  ]
  return PLACES.filter(({ word }) => !left.includes(word)).map((place) =>
    place.to === 'home' ? { ...place, to: homeOf(own?.role ?? 'client') } : place,
  )
}

/** Pages of a canvas; two runs are compared in a table. */
const CANVAS = /\/(?:edit|canvas|flows\/[^/]+\/compare)$/

/** The place that a page belongs to which is reached from there, and has none of its own. */
function placeWithin(path: string): Place['word'] | undefined {
  const page = /^\/w\/[^/]+\/([^/]+)/.exec(path)?.[1] ?? ''
  if (page === 'templates') return 'Flows'
  if (page === 'workers') return 'Health'
  return ['audit', 'policy', 'files', 'erased', 'erase', 'close', 'deleted'].includes(page) ? 'Settings' : undefined
}

/** What surrounds every page of a workspace: rail, top bar, the page. */
export function AppShell() {
  const { workspace } = useParams({ from: '/w/$workspace' })
  const session = useQuery(sessionQuery)
  useEffect(() => rememberWorkspace(workspace), [workspace])
  // Where nobody approves, the page would be empty for good.
  const approving = useQuery(approvalRuleQuery(workspace)).data?.on === true
  // A canvas needs the room: the rail shows its signs only, the words come when it is pointed at or has the focus.
  const narrow = useRouterState({ select: ({ location }) => CANVAS.test(location.pathname) })
  const within = useRouterState({ select: ({ location }) => placeWithin(location.pathname) })
  const onAccount = useRouterState({ select: ({ location }) => location.pathname.endsWith('/account') })

  if (session.data === undefined) {
    // On a slow line something is seen to come; a fast answer is there before the bars are.
    return (
      <main className={classes.alone}>
        {session.error ? <ErrorState error={session.error} onRetry={() => session.refetch()} /> : <Skeletons />}
      </main>
    )
  }
  // What is one's own stays open: there the factor is set up that the workspace asks for.
  const own = session.data.workspaces.find(({ id }) => id === workspace)
  const places = placesOf(own, approving)
  const shut = own && own.lacks !== null && !onAccount ? own : undefined
  return (
    <div className={classes.shell} data-narrow={narrow || undefined}>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <TopBar session={session.data} workspace={workspace} />
      <nav className={classes.rail} aria-label="Main">
        <ul>
          {places.map(({ to, word, icon: Icon, more }) => (
            <li key={word} data-more={more || undefined}>
              <Link
                to={to}
                params={{ workspace }}
                className={classes.place}
                activeProps={{ 'aria-current': 'page' }}
                {...(within === word ? { 'aria-current': 'page' } : {})}
              >
                <Icon size={20} stroke={1.75} aria-hidden />
                <span>{word}</span>
                {to === '/w/$workspace/alerts' ? <OpenAlerts workspace={workspace} /> : null}
              </Link>
            </li>
          ))}
          <li className={classes.onPhone}>
            <More workspace={workspace} places={places} />
          </li>
        </ul>
      </nav>
      <main className={classes.content} id="content" tabIndex={-1}>
        {own && !shut ? <ClosingBanner membership={own} /> : null}
        {shut ? <Shut session={session.data} membership={shut} /> : <Outlet />}
      </main>
      {shut ? null : <PaletteKey workspace={workspace} />}
    </div>
  )
}

function More({ workspace, places }: { workspace: string; places: readonly Place[] }) {
  const navigate = useNavigate()
  return (
    <Menu position="top-end" width={220}>
      <Menu.Target>
        <UnstyledButton className={classes.place} aria-label="More pages">
          <IconDots size={20} stroke={1.75} aria-hidden />
          <span>More</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {places
          .filter((place) => place.more)
          .map(({ to, word, icon: Icon }) => (
            <Menu.Item
              key={word}
              leftSection={<Icon size={18} aria-hidden />}
              onClick={() => navigate({ to, params: { workspace } })}
            >
              {word}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  )
}
