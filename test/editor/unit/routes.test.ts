import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { createAppRouter } from '../../../editor/router.tsx'
import { OUTSIDE, PAGES, STATES } from '../support/places.ts'

test('every address of the app is among the pages that axe and the pictures go through', () => {
  const router = createAppRouter(new QueryClient())
  const shown = new Set<string | undefined>(
    [...Object.values(PAGES), ...Object.values(OUTSIDE)].map((address) => {
      const { pathname } = new URL(address, 'http://localhost')
      return router.matchRoutes(pathname, {}).at(-1)?.fullPath
    }),
  )
  // The address that only leads elsewhere, and what stands around the pages of a workspace.
  const around = new Set(['/w/$workspace'])
  expect(Object.keys(router.routesByPath).length).toBeGreaterThan(30)
  expect(Object.keys(router.routesByPath).filter((path) => !shown.has(path) && !around.has(path))).toEqual([])
})

test('every page of a state is a page', () => {
  const pages = Object.values(STATES).flatMap((state) => state.pages)
  expect(pages.filter((name) => !(name in PAGES))).toEqual([])
})
