import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { NotFound } from './pages/NotFound.tsx'
import * as search from './search.ts'

// Pages that are seen without a session.

export const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
})

export const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: search.signIn,
  component: lazyRouteComponent(() => import('./pages/SignIn.tsx'), 'SignIn'),
})

export const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: search.setUp,
  component: lazyRouteComponent(() => import('./pages/SetUp.tsx'), 'SetUp'),
})

export const join = createRoute({
  getParentRoute: () => root,
  path: '/join',
  validateSearch: search.failed,
  component: lazyRouteComponent(() => import('./pages/Join.tsx'), 'Join'),
})

export const password = createRoute({
  getParentRoute: () => root,
  path: '/password',
  component: lazyRouteComponent(() => import('./pages/Password.tsx'), 'Password'),
})

export const stopLetter = createRoute({
  getParentRoute: () => root,
  path: '/stop-letter',
  component: lazyRouteComponent(() => import('./pages/StopLetter.tsx'), 'StopLetter'),
})

export const proved = createRoute({
  getParentRoute: () => root,
  path: '/proved',
  validateSearch: search.failed,
  component: lazyRouteComponent(() => import('./pages/Proved.tsx'), 'Proved'),
})
