import { IconAlertTriangle, IconHistory, IconPlugConnected, IconRoute, IconSettings } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { sessionQuery } from '../queries.ts'
import { ErrorState } from '../parts/ErrorState.tsx'
import classes from './AppShell.module.css'
import { rememberWorkspace } from './preferences.ts'
import { TopBar } from './TopBar.tsx'

const PLACES = [
  { to: '/w/$workspace/flows', word: 'Flows', icon: IconRoute },
  { to: '/w/$workspace/runs', word: 'Runs', icon: IconHistory },
  { to: '/w/$workspace/exceptions', word: 'Exceptions', icon: IconAlertTriangle },
  { to: '/w/$workspace/connections', word: 'Connections', icon: IconPlugConnected },
  { to: '/w/$workspace/settings', word: 'Settings', icon: IconSettings },
] as const

/** What surrounds every page of a workspace: rail, top bar, the page. */
export function AppShell() {
  const { workspace } = useParams({ from: '/w/$workspace' })
  const session = useQuery(sessionQuery)
  useEffect(() => rememberWorkspace(workspace), [workspace])

  if (session.data === undefined) {
    if (!session.error) return null
    return (
      <main className={classes.alone}>
        <ErrorState error={session.error} onRetry={() => session.refetch()} />
      </main>
    )
  }
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <TopBar session={session.data} workspace={workspace} />
      <nav className={classes.rail} aria-label="Main">
        <ul>
          {PLACES.map(({ to, word, icon: Icon }) => (
            <li key={to}>
              <Link to={to} params={{ workspace }} className={classes.place} activeProps={{ 'aria-current': 'page' }}>
                <Icon size={20} stroke={1.75} aria-hidden />
                <span>{word}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main className={classes.content} id="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}
