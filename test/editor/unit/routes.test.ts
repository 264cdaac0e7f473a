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

test('what may not stand in an address reaches no page: whatever is there, it is as if it were not', () => {
  const router = createAppRouter(new QueryClient())
  const checked = new Set<string>()
  for (const address of [...Object.values(PAGES), ...Object.values(OUTSIDE)]) {
    const { pathname } = new URL(address, 'http://localhost')
    const route = router.routesById[router.matchRoutes(pathname, {}).at(-1)!.routeId]
    const read = route.options.validateSearch as ((raw: object) => { [name: string]: unknown }) | undefined
    for (const name of Object.keys(read?.({}) ?? {})) {
      for (const value of ['Call 0900 123', { a: 1 }, ['x'], 'constructor', '']) {
        const seen = router.matchRoutes(pathname, { [name]: value }).at(-1)?.search as { [name: string]: unknown }
        expect(seen[name], `${route.id} ${name}`).toEqual(read?.({ [name]: value })[name])
        checked.add(`${route.id} ${name}`)
      }
    }
  }
  expect(checked.size).toBeGreaterThan(50)
  // Reasons that the page has words for, and no words of anybody.
  expect(search.connection({ error: 'NO_ANSWER' }).error).toBe('NO_ANSWER')
  expect(search.connection({ error: 'Call 0900 123', signedIn: 'Call 0900 123' })).toEqual({})
})
