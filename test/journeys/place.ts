import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect, vi } from 'vitest'
import { hashPassword } from '../../server/api/people/passwords.ts'
import type { ROLES } from '../../server/contract/roles.ts'
import { newId } from '../../server/store/database/ids.ts'
import { insertPerson } from '../../server/store/people/people.ts'
import { insertMember } from '../../server/store/workspace/workspaces.ts'
import { openBrowser } from '../support/browser.ts'
import { type CutLine, freePort, openCutLine } from '../support/cut-line.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type Fleet, openFleet } from '../support/fleet.ts'
import { type OidcPlace, openOidcPlace } from '../support/oidc-place.ts'

export type Role = (typeof ROLES)[number]
type Person = { readonly id: string; readonly email: string; readonly name: string }
export type Answer = { readonly status: number; readonly body: Record<string, unknown> }

/** The product with everything around it that people meet: both systems, single sign-on, a line that can break. */
export type Place = {
  readonly fleet: Fleet
  readonly database: TestDatabase
  readonly browser: Browser
  readonly login: OidcPlace
  readonly line: CutLine
  readonly url: string
  /** Faults of any page: exceptions, what the policy blocked, what the browser complained about. */
  readonly faults: string[]
  /** A member of the workspace with this role, made at the first call. */
  person(role: Role): Promise<Person>
  /** Signed in with the password, as a person does it. One page for each role. */
  as(role: Role): Promise<Page>
  /** A browser of its own, nobody signed in. */
  stranger(): Promise<Page>
  /** What the page itself would ask, with the session of its browser, below /api/v1. */
  ask(page: Page, method: string, path: string, body?: unknown): Promise<Answer>
  /** Below the workspace. */
  at(path: string): string
  close(): Promise<void>
}

export const PASSWORD = 'a lighthouse on every hill'

export async function openPlace(xeroSize: Parameters<typeof openFleet>[0]['xero']): Promise<Place> {
  const line = await openCutLine()
  const url = `http://127.0.0.1:${line.port}`
  const login = await openOidcPlace(`${url}/api/v1/session/sso/callback`)
  const database = await testDatabase()
  const port = await freePort()
  line.to(port)
  const fleet = await openFleet({
    databaseUrl: database.url,
    first: 'all',
    xero: xeroSize,
    env: {
      SECRET_KEY: database.secretKey.toString('hex'),
      PORT: String(port),
      PUBLIC_URL: url,
      OIDC_ISSUER: login.issuer,
      OIDC_CLIENT_ID: login.clientId,
      OIDC_CLIENT_SECRET: login.clientSecret,
      OIDC_NAME: 'Nordwind Login',
    },
  })
  const browser = await openBrowser()
  const faults: string[] = []
  const people = new Map<Role, Person>()
  const pages = new Map<Role, Page>()
  const passwordHash = await hashPassword(PASSWORD)

  const watched = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => {
      // A refused request is logged by the browser whatever the page does with it.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        faults.push(message.text())
      }
    })
    await page.addInitScript(`
      window.ran = () => console.error('A script of a text ran.')
      addEventListener('securitypolicyviolation', (event) => console.error('Blocked: ' + event.violatedDirective))
    `)
    return page
  }
  const stranger = async () =>
    watched(await browser.newContext({ viewport: { width: 1440, height: 1000 }, reducedMotion: 'reduce' }))

  const place: Place = {
    ...{ fleet, database, browser, login, line, url, faults, stranger },
    async person(role) {
      const known = people.get(role)
      if (known) return known
      const name = `${role.charAt(0).toUpperCase()}${role.slice(1)} Person`
      const made = { id: newId(), email: `${role}@nordwind.example`, name }
      people.set(role, made)
      await insertPerson(database.owner.db, { ...made, passwordHash })
      await insertMember(database.owner.db, fleet.workspace, made.id, role)
      return made
    },
    async as(role) {
      const known = pages.get(role)
      if (known) return known
      const page = await stranger()
      pages.set(role, page)
      await signIn(page, url, (await place.person(role)).email)
      await page.waitForURL('**/w/*/**')
      return page
    },
    async ask(page, method, path, body) {
      const answer = await page.context().request.fetch(`${url}/api/v1${path}`, {
        method,
        headers: { origin: url },
        ...(body === undefined ? {} : { data: body }),
      })
      const text = await answer.text()
      return { status: answer.status(), body: text.startsWith('{') ? JSON.parse(text) : {} }
    },
    at: (path) => `${url}/w/${fleet.workspace}${path}`,
    async close() {
      await browser.close()
      await fleet.close()
      await login.close()
      await line.close()
      await database.drop()
    },
  }
  return place
}

/** Waits until the page has its heading and nothing on it is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  const loading = page.getByRole('status').filter({ hasText: /^Loading…$/ })
  while ((await loading.count()) > 0) await loading.first().waitFor({ state: 'detached' })
}

/** Fills the form in and sends it; whatever comes then. */
export async function signIn(page: Page, url: string, email: string, password = PASSWORD): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('E-mail').fill(email)
  await page.locator('input[type=password]').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

type View = { readonly state: string; readonly counts: { readonly [name: string]: number } }

/** Waits until a run has ended, and answers it. */
export const ended = (fleet: Fleet, run: string): Promise<View> =>
  vi.waitFor(
    async () => {
      const view = await fleet.call<View>('GET', `/runs/${run}`)
      expect(view.state).toMatch(/succeeded|partly|failed|cancelled/)
      return view
    },
    { timeout: 75_000, interval: 150 },
  )

/** Runs a flow by hand and waits for its end. */
export async function runOf(fleet: Fleet, flow: string): Promise<View & { readonly id: string }> {
  const { id } = await fleet.call<{ id: string }>('POST', `/flows/${flow}/run`, {})
  return { id, ...(await ended(fleet, id)) }
}
