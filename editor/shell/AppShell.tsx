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
  IconMessageReport,
  IconPlugConnected,
  IconQuestionMark,
  IconRoute,
  IconSettings,
  IconToggleLeft,
  IconUsers,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useRouterState, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useApproving } from '../approval/use-approvals.ts'
import type { Membership, Permission } from '../../server/contract/people.ts'
import { ClosingBanner } from '../closing/ClosingBanner.tsx'
import { sessionQuery } from '../queries.ts'
import { NotIn } from '../people/NotIn.tsx'
import { Shut } from '../people/Shut.tsx'
import { sayFailure } from '../people/say-sso.ts'
import { PaletteKey } from '../palette/PaletteKey.tsx'
import { Banner } from '../parts/Banner.tsx'
import { ErrorState } from '../parts/ErrorState.tsx'
import { Skeletons } from '../parts/Skeletons.tsx'
import classes from './AppShell.module.css'
import { homeOf } from './home-of.ts'
import { rememberWorkspace } from './preferences.ts'
import { OpenAlerts } from './OpenAlerts.tsx'
import { TopBar } from './TopBar.tsx'

// A phone has room for four; the others are behind “More” there. A page that a role would only be refused is left out.
const PLACES = [
  { to: 'home', word: 'Home', icon: IconHome, more: false },
  { to: '/w/$workspace/flows', word: 'Flows', icon: IconRoute, more: false },
  { to: '/w/$workspace/runs', word: 'Runs', icon: IconHistory, more: false },
  {
    to: '/w/$workspace/exceptions',
    word: 'Exceptions',
    icon: IconAlertTriangle,
    more: false,
    needs: 'exceptions.read',
  },
  { to: '/w/$workspace/unknown', word: 'Did it arrive?', icon: IconQuestionMark, more: true },
  { to: '/w/$workspace/alerts', word: 'Alerts', icon: IconBellRinging, more: true, needs: 'alerts.read' },
  { to: '/w/$workspace/notices', word: 'Notices', icon: IconBell, more: true },
  // What people say looks wrong waits for whoever answers; whoever said it sees the answer at home.
  { to: '/w/$workspace/reports', word: 'Looks wrong', icon: IconMessageReport, more: true, needs: 'reports.answer' },
  { to: '/w/$workspace/connections', word: 'Connections', icon: IconPlugConnected, more: true },
  { to: '/w/$workspace/clients', word: 'Clients', icon: IconBuildingStore, more: true },
  { to: '/w/$workspace/home', word: 'Automations', icon: IconToggleLeft, more: true },
  { to: '/w/$workspace/health', word: 'Health', icon: IconHeartbeat, more: true, needs: 'operations.read' },
  { to: '/w/$workspace/workers', word: 'Workers', icon: IconCpu, more: true },
  { to: '/w/$workspace/approvals', word: 'Approvals', icon: IconChecks, more: true },
  { to: '/w/$workspace/people', word: 'People', icon: IconUsers, more: true, needs: 'people.read' },
  { to: '/w/$workspace/settings', word: 'Settings', icon: IconSettings, more: true },
] as const satisfies readonly { to: string; word: string; icon: unknown; more: boolean; needs?: Permission }[]

type Word = (typeof PLACES)[number]['word']

/** Where “Home” leads depends on the role. */
type Place = {
  readonly to: Exclude<(typeof PLACES)[number]['to'], 'home'> | ReturnType<typeof homeOf>
  readonly word: Word
  readonly icon: (typeof PLACES)[number]['icon']
  readonly more: boolean
  /** Shown when it is asked for. */
  readonly behind: boolean
}

/** What a client comes for; how it is done is there for whoever asks, and other merchants and workers are not theirs. */
const OF_A_CLIENT: readonly Word[] = ['Home', 'Notices', 'Connections', 'Settings']
const NOT_OF_A_CLIENT: readonly Word[] = ['Automations', 'Clients', 'Workers']

/** The places of somebody: a client’s automations are their home, and from health one comes to the workers. */
function placesOf(own: Membership, approving: boolean): readonly Place[] {
  const client = own.role === 'client'
  const left: readonly Word[] = [
    ...(own.permissions.includes('operations.read') ? (['Workers'] as const) : []),
    ...(approving ? [] : (['Approvals'] as const)),
    ...(client ? NOT_OF_A_CLIENT : []),
  ]
  return PLACES.filter(
    (place) => !left.includes(place.word) && (!('needs' in place) || own.permissions.includes(place.needs)),
  ).map(({ to, word, icon, more }) => {
    const behind = client && !OF_A_CLIENT.includes(word)
    return { to: to === 'home' ? homeOf(own.role) : to, word, icon, behind, more: client ? behind : more }
  })
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
  const { sso: failed } = useSearch({ from: '/w/$workspace' })
  const session = useQuery(sessionQuery)
  useEffect(() => rememberWorkspace(workspace), [workspace])
  // Where nobody approves, the page would be empty for good.
  const approving = useApproving(workspace)
  // A canvas needs the room: the rail shows its signs only, the words come when it is pointed at or has the focus.
  const narrow = useRouterState({ select: ({ location }) => CANVAS.test(location.pathname) })
  const within = useRouterState({ select: ({ location }) => placeWithin(location.pathname) })
  const at = useRouterState({ select: ({ location }) => location.pathname })
  const [asked, setAsked] = useState(false)
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
  const places = own ? placesOf(own, approving) : []
  const here = places.find(({ to }) => at.startsWith(to.replace('$workspace', workspace)))
  const shown = asked || here?.behind ? places : places.filter(({ behind }) => !behind)
  const shut = own && own.lacks !== null && !onAccount ? own : undefined
  return (
    <div className={classes.shell} data-narrow={narrow || undefined}>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <TopBar session={session.data} workspace={workspace} />
      <nav className={classes.rail} aria-label="Main">
        <ul>
          {shown.map(({ to, word, icon: Icon, more }) => (
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
          {shown.length < places.length ? (
            <li data-more>
              <UnstyledButton className={classes.place} onClick={() => setAsked(true)}>
                <IconDots size={20} stroke={1.75} aria-hidden />
                <span>How it runs</span>
              </UnstyledButton>
            </li>
          ) : null}
          {own ? (
            <li className={classes.onPhone}>
              <More workspace={workspace} places={places} here={places.find(({ word }) => word === within) ?? here} />
            </li>
          ) : null}
        </ul>
      </nav>
      <main className={classes.content} id="content" tabIndex={-1}>
        {failed ? (
          <Banner tone="failed" title={sayFailure(failed).title} live>
            <p>{sayFailure(failed).note}</p>
          </Banner>
        ) : null}
        {own && !shut ? <ClosingBanner membership={own} /> : null}
        {shut ? (
          <Shut session={session.data} membership={shut} />
        ) : own || onAccount ? (
          <Outlet />
        ) : (
          <NotIn session={session.data} />
        )}
      </main>
      {shut || !own ? null : <PaletteKey workspace={workspace} />}
    </div>
  )
}

function More(props: { workspace: string; places: readonly Place[]; here: Place | undefined }) {
  const { workspace, places, here } = props
  const navigate = useNavigate()
  return (
    <Menu position="top-end" width={220}>
      <Menu.Target>
        <UnstyledButton
          className={classes.place}
          aria-label="More pages"
          aria-current={here?.more ? 'true' : undefined}
        >
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
              aria-current={here?.word === word ? 'page' : undefined}
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
