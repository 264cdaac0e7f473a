import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { pagesOf } from '../../../editor/palette/pages.ts'
import { ranked } from '../../../editor/palette/rank.ts'
import { createAppRouter } from '../../../editor/router.tsx'
import * as search from '../../../editor/search.ts'
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

test('every page of a workspace that needs nothing else in its address is reached from the palette', () => {
  const router = createAppRouter(new QueryClient())
  const listed = new Set<string>(pagesOf(() => true).map(({ to }) => to))
  // A record is offered by what was typed.
  const other = new Set(['/w/$workspace', '/w/$workspace/records'])
  const pages = Object.keys(router.routesByPath).filter((path) => /^\/w\/\$workspace[^$]*$/.test(path))
  expect(pages.filter((path) => !listed.has(path) && !other.has(path))).toEqual([])
  expect(pagesOf((permission) => permission === 'flows.read').map(({ title }) => title)).not.toContain('Audit log')
})

test('what begins with what was typed is offered first, then what has a word that does', () => {
  const entry = (title: string, note = 'Page') => ({ id: title, title, note, go: () => undefined })
  const entries = [
    entry('Did it arrive?'),
    entry('New contacts', 'Flow'),
    entry('Contacts'),
    entry('Lost-contacts', 'Run'),
  ]
  expect(ranked(entries, 'con').map(({ title }) => title)).toEqual(['Contacts', 'New contacts', 'Lost-contacts'])
  expect(ranked(entries, 'flow new').map(({ title }) => title)).toEqual(['New contacts'])
  expect(ranked(entries, 'nothing such')).toEqual([])
  expect(ranked(entries, ' ')).toHaveLength(4)
})

test('every page of a state is a page', () => {
  const pages = Object.values(STATES).flatMap((state) => state.pages)
  expect(pages.filter((name) => !(name in PAGES))).toEqual([])
})

test('the way back from a sign-in elsewhere brings reasons that the page has words for, and no others', () => {
  expect(search.connection({ error: 'NO_ANSWER' })).toEqual({ error: 'NO_ANSWER' })
  expect(search.connection({ error: 'Call 0900 123', signedIn: 'Call 0900 123' })).toEqual({})
})
