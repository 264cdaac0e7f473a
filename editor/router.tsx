import type { QueryClient } from '@tanstack/react-query'
import { createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { NotFound } from './pages/NotFound.tsx'
import { join, password, proved, root, setUp, signIn, stopLetter } from './outside.tsx'
import { ErrorState } from './parts/ErrorState.tsx'
import { Skeletons } from './parts/Skeletons.tsx'
import { catalogQuery, draftToEditQuery, sessionQuery } from './queries.ts'
import { AppShell } from './shell/AppShell.tsx'
import { homeOf } from './shell/home-of.ts'
import { lastWorkspace } from './shell/preferences.ts'
import * as search from './search.ts'

// Every page has an address of its own, filters and the open row included; what stands in the search is checked here
// (search.ts) and typed everywhere else. Pages are loaded when they are first opened.

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: search.refused,
  loaderDeps: ({ search: { refused } }) => ({ refused }),
  loader: async ({ context, location, deps: { refused } }) => {
    const session = await context.client.ensureQueryData(sessionQuery).catch(() => undefined)
    if (session === undefined) throw redirect({ to: '/sign-in', search: { to: location.href } })
    const last = session.workspaces.find((own) => own.id === lastWorkspace()) ?? session.workspaces[0]
    if (last && refused)
      throw redirect({ to: '/w/$workspace/connections', params: { workspace: last.id }, search: { refused } })
    if (last) {
      throw redirect({ to: homeOf(last.role), params: { workspace: last.id } })
    }
  },
  component: lazyRouteComponent(() => import('./pages/NoWorkspace.tsx'), 'NoWorkspace'),
})

const workspace = createRoute({
  getParentRoute: () => root,
  path: '/w/$workspace',
  // Back on the page where it began.
  validateSearch: search.failed,
  // Asked for while the page's own code is on its way.
  loader: ({ context }) => void context.client.prefetchQuery(sessionQuery),
  component: AppShell,
  notFoundComponent: NotFound,
})

const automations = createRoute({
  getParentRoute: () => workspace,
  path: '/home',
  component: lazyRouteComponent(() => import('./pages/Automations.tsx'), 'Automations'),
})

const now = createRoute({
  getParentRoute: () => workspace,
  path: '/now',
  component: lazyRouteComponent(() => import('./pages/Now.tsx'), 'Now'),
})

const building = createRoute({
  getParentRoute: () => workspace,
  path: '/building',
  component: lazyRouteComponent(() => import('./pages/Building.tsx'), 'Building'),
})

const desk = createRoute({
  getParentRoute: () => workspace,
  path: '/desk',
  validateSearch: search.desk,
  component: lazyRouteComponent(() => import('./pages/Desk.tsx'), 'Desk'),
})

const health = createRoute({
  getParentRoute: () => workspace,
  path: '/health',
  component: lazyRouteComponent(() => import('./pages/Health.tsx'), 'Health'),
})

const causes = createRoute({
  getParentRoute: () => workspace,
  path: '/causes',
  validateSearch: search.causes,
  component: lazyRouteComponent(() => import('./pages/Causes.tsx'), 'Causes'),
})

const clients = createRoute({
  getParentRoute: () => workspace,
  path: '/clients',
  validateSearch: search.clients,
  component: lazyRouteComponent(() => import('./pages/Clients.tsx'), 'Clients'),
})

const flows = createRoute({
  getParentRoute: () => workspace,
  path: '/flows',
  validateSearch: search.flows,
  component: lazyRouteComponent(() => import('./pages/Flows.tsx'), 'Flows'),
})

const flow = createRoute({
  getParentRoute: () => workspace,
  path: '/flows/$flow',
  validateSearch: search.flow,
  component: lazyRouteComponent(() => import('./pages/Flow.tsx'), 'Flow'),
})

const edit = createRoute({
  getParentRoute: () => workspace,
  path: '/flows/$flow/edit',
  validateSearch: search.edit,
  loader: ({ context: { client }, params, cause }) => {
    if (cause === 'preload') return
    const draft = draftToEditQuery(params.workspace, params.flow)
    const known = client.getQueryCache().find({ queryKey: draft.queryKey, exact: true })
    // In use: what the editor began with stays until it is left. Left over from an earlier visit: read again.
    if (known && known.getObserversCount() > 0) return
    if (known) client.removeQueries({ queryKey: draft.queryKey, exact: true })
    void client.prefetchQuery(draft)
    void client.prefetchQuery(catalogQuery)
  },
  component: lazyRouteComponent(() => import('./pages/Edit.tsx'), 'Edit'),
})

const compare = createRoute({
  getParentRoute: () => workspace,
  path: '/flows/$flow/compare',
  validateSearch: search.compare,
  component: lazyRouteComponent(() => import('./pages/Compare.tsx'), 'Compare'),
})

const version = createRoute({
  getParentRoute: () => workspace,
  path: '/flows/$flow/versions/$number/canvas',
  validateSearch: search.canvas,
  component: lazyRouteComponent(() => import('./pages/VersionCanvas.tsx'), 'VersionCanvas'),
})

const runCanvas = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$run/canvas',
  validateSearch: search.canvas,
  component: lazyRouteComponent(() => import('./pages/RunCanvas.tsx'), 'RunCanvas'),
})

const runCompare = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$run/compare',
  component: lazyRouteComponent(() => import('./pages/RunCompare.tsx'), 'RunCompare'),
})

const runs = createRoute({
  getParentRoute: () => workspace,
  path: '/runs',
  validateSearch: search.runs,
  component: lazyRouteComponent(() => import('./pages/Runs.tsx'), 'Runs'),
})

const run = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$run',
  validateSearch: search.run,
  component: lazyRouteComponent(() => import('./pages/Run.tsx'), 'Run'),
})

const exceptions = createRoute({
  getParentRoute: () => workspace,
  path: '/exceptions',
  validateSearch: search.exceptions,
  component: lazyRouteComponent(() => import('./pages/Exceptions.tsx'), 'Exceptions'),
})

const exception = createRoute({
  getParentRoute: () => workspace,
  path: '/exceptions/$exception',
  component: lazyRouteComponent(() => import('./pages/Exception.tsx'), 'Exception'),
})

const unknowns = createRoute({
  getParentRoute: () => workspace,
  path: '/unknown',
  validateSearch: search.unknowns,
  component: lazyRouteComponent(() => import('./pages/Unknowns.tsx'), 'Unknowns'),
})

const unknown = createRoute({
  getParentRoute: () => workspace,
  path: '/unknown/$call/$position',
  component: lazyRouteComponent(() => import('./pages/Unknown.tsx'), 'Unknown'),
})

const records = createRoute({
  getParentRoute: () => workspace,
  path: '/records',
  validateSearch: search.records,
  component: lazyRouteComponent(() => import('./pages/Records.tsx'), 'Records'),
})

const workers = createRoute({
  getParentRoute: () => workspace,
  path: '/workers',
  component: lazyRouteComponent(() => import('./pages/Workers.tsx'), 'Workers'),
})

const connections = createRoute({
  getParentRoute: () => workspace,
  path: '/connections',
  validateSearch: search.refused,
  component: lazyRouteComponent(() => import('./pages/Connections.tsx'), 'Connections'),
})

const newConnection = createRoute({
  getParentRoute: () => workspace,
  path: '/connections/new',
  validateSearch: search.newConnection,
  component: lazyRouteComponent(() => import('./pages/NewConnection.tsx'), 'NewConnection'),
})

const connection = createRoute({
  getParentRoute: () => workspace,
  path: '/connections/$connection',
  validateSearch: search.connection,
  component: lazyRouteComponent(() => import('./pages/Connection.tsx'), 'Connection'),
})

const settings = createRoute({
  getParentRoute: () => workspace,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/Settings.tsx'), 'Settings'),
})

const close = createRoute({
  getParentRoute: () => workspace,
  path: '/close',
  component: lazyRouteComponent(() => import('./pages/Close.tsx'), 'Close'),
})

const deletions = createRoute({
  getParentRoute: () => workspace,
  path: '/deleted',
  component: lazyRouteComponent(() => import('./pages/Deletions.tsx'), 'Deletions'),
})

const erase = createRoute({
  getParentRoute: () => workspace,
  path: '/erase',
  component: lazyRouteComponent(() => import('./pages/Erase.tsx'), 'Erase'),
})

const gallery = createRoute({
  getParentRoute: () => workspace,
  path: '/templates',
  component: lazyRouteComponent(() => import('./pages/Gallery.tsx'), 'Gallery'),
})

const install = createRoute({
  getParentRoute: () => workspace,
  path: '/templates/$template',
  component: lazyRouteComponent(() => import('./pages/Install.tsx'), 'Install'),
})

const policy = createRoute({
  getParentRoute: () => workspace,
  path: '/policy',
  component: lazyRouteComponent(() => import('./pages/Policy.tsx'), 'Policy'),
})

const suppressions = createRoute({
  getParentRoute: () => workspace,
  path: '/erased',
  component: lazyRouteComponent(() => import('./pages/Suppressions.tsx'), 'Suppressions'),
})

const files = createRoute({
  getParentRoute: () => workspace,
  path: '/files',
  component: lazyRouteComponent(() => import('./pages/Files.tsx'), 'Files'),
})

const alerts = createRoute({
  getParentRoute: () => workspace,
  path: '/alerts',
  validateSearch: search.alerts,
  component: lazyRouteComponent(() => import('./pages/Alerts.tsx'), 'Alerts'),
})

const notices = createRoute({
  getParentRoute: () => workspace,
  path: '/notices',
  validateSearch: search.notices,
  component: lazyRouteComponent(() => import('./pages/Notices.tsx'), 'Notices'),
})

const reports = createRoute({
  getParentRoute: () => workspace,
  path: '/reports',
  validateSearch: search.reports,
  component: lazyRouteComponent(() => import('./pages/Reports.tsx'), 'Reports'),
})

const approvals = createRoute({
  getParentRoute: () => workspace,
  path: '/approvals',
  component: lazyRouteComponent(() => import('./pages/Approvals.tsx'), 'Approvals'),
})

const approval = createRoute({
  getParentRoute: () => workspace,
  path: '/approvals/$approval',
  component: lazyRouteComponent(() => import('./pages/Approval.tsx'), 'Approval'),
})

const people = createRoute({
  getParentRoute: () => workspace,
  path: '/people',
  component: lazyRouteComponent(() => import('./pages/People.tsx'), 'People'),
})

const audit = createRoute({
  getParentRoute: () => workspace,
  path: '/audit',
  validateSearch: search.audit,
  component: lazyRouteComponent(() => import('./pages/Audit.tsx'), 'Audit'),
})

const account = createRoute({
  getParentRoute: () => workspace,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/Account.tsx'), 'Account'),
})

const tree = root.addChildren([
  home,
  signIn,
  setUp,
  join,
  password,
  stopLetter,
  proved,
  workspace.addChildren([
    automations,
    now,
    building,
    desk,
    health,
    causes,
    clients,
    flows,
    flow,
    edit,
    compare,
    version,
    runCanvas,
    runCompare,
    runs,
    run,
    exceptions,
    exception,
    unknowns,
    unknown,
    records,
    workers,
    connections,
    newConnection,
    connection,
    settings,
    close,
    deletions,
    erase,
    suppressions,
    files,
    notices,
    alerts,
    reports,
    approvals,
    approval,
    people,
    audit,
    account,
    gallery,
    install,
    policy,
  ]),
])

export function createAppRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    // The code of a page comes while somebody points at the way to it.
    defaultPreload: 'intent',
    defaultPendingComponent: Skeletons,
    defaultPendingMs: 300,
    // A part of the app that could not be loaded (offline, or a new release took its place).
    defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
