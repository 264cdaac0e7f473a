import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { permissionsOf } from '../../../server/api/http/permissions.ts'
import { PHONE } from '../support/open-page.ts'
import { ago, id, ordinary, type Scene, WORKSPACE } from '../support/scene.ts'
import { visits } from '../support/visits.ts'

// A workspace that is being closed can be read: nothing in it looks as if it could be changed or started.

const w = `/w/${WORKSPACE}`
const { visit } = visits()

function closing(role: 'owner' | 'client' = 'owner'): Scene {
  const scene = ordinary()
  const change = { role, permissions: permissionsOf(role), deleteAfter: ago(-28 * 86_400_000) }
  return {
    ...scene,
    workspaces: scene.workspaces.map((one) => (one.id === WORKSPACE ? { ...one, ...change } : one)),
    flows: scene.flows.map((flow) => ({ ...flow, enabled: false, nextDue: null, turnOn: null })),
  }
}

const CHANGES =
  /^(Run now|New flow|Publish|Restore as draft|Roll back|Set up|Turn (on|off)|Edit here|Add|Invite|Create|Change|Test|Sign in at|New password|Keep it on|Disconnect|Remove connection|Retry|Dismiss|Assign|Take|Save|Answer|Back-fill…|Re-run|Run again|Mark|New connection|Pause|Cancel|Let it go on|Upload|Delete)/
/** Names of the buttons and switches in the page that can be used, as people hear them. */
const usable = (page: Page) =>
  page
    .locator('main')
    .evaluate((main) =>
      [...main.querySelectorAll<HTMLElement>('button, [role=switch], input[type=checkbox], a[class*=Button]')]
        .filter((one) => !one.matches(':disabled, [aria-disabled=true], [data-disabled]') && one.checkVisibility())
        .map((one) => one.getAttribute('aria-label') ?? one.textContent?.trim() ?? ''),
    )
const changes = async (page: Page) => (await usable(page)).filter((name) => CHANGES.test(name))

test.each([
  ['flows', `${w}/flows`, 'Flows'],
  ['a flow', `${w}/flows/${id(2, 1)}`, 'Paid invoices → Emarsys purchases'],
  ['its versions', `${w}/flows/${id(2, 1)}?tab=versions`, 'Paid invoices → Emarsys purchases'],
  ['its settings', `${w}/flows/${id(2, 1)}?tab=settings`, 'Paid invoices → Emarsys purchases'],
  ['a run', `${w}/runs/${id(3, 2)}`, undefined],
  ['exceptions', `${w}/exceptions`, 'Exceptions'],
  ['connections', `${w}/connections`, 'Connections'],
  ['a connection', `${w}/connections/${id(5, 1)}`, undefined],
  ['building', `${w}/building`, 'What I’m building'],
  ['files', `${w}/files`, 'Files'],
  ['people', `${w}/people`, 'People'],
  ['settings', `${w}/settings`, 'Settings'],
] as const)('%s: nothing to change is offered, and the page says why', async (_name, address, title) => {
  const page = await visit(address, closing())
  await page.getByRole('heading', { level: 1, ...(title ? { name: title } : {}) }).waitFor()
  await page.getByText('This workspace is being closed').waitFor()
  await page.waitForLoadState('networkidle')
  expect(await changes(page)).toEqual([])
  // As it is otherwise, so that the words above are those that stand there.
  const open = await visit(address, { ...closing(), workspaces: ordinary().workspaces })
  await open.getByRole('heading', { level: 1, ...(title ? { name: title } : {}) }).waitFor()
  await open.waitForLoadState('networkidle')
  await expect.poll(async () => (await changes(open)).length).toBeGreaterThan(0)
})

test('the editor shows the draft, and neither publishes nor tests', async () => {
  const page = await visit(`${w}/flows/${id(2, 1)}/edit`, closing())
  await page.getByText('Read only', { exact: true }).waitFor()
  await page.getByText('This workspace is being closed').waitFor()
  for (const name of ['Publish…', 'Test…']) expect(await page.getByRole('button', { name }).count()).toBe(0)
})

test('a switch is off and says why; what access there is can be taken away', async () => {
  const page = await visit(`${w}/home`, closing('client'), PHONE)
  const toggle = page.getByRole('switch').first()
  await toggle.waitFor()
  expect(await toggle.isDisabled()).toBe(true)
  await page.getByText('Credit notes → Emarsys returns needs you').waitFor()
  expect(await page.getByRole('link', { name: 'Sign in again' }).count()).toBe(0)
  await toggle.locator('xpath=ancestor::span[1]').hover()
  await page.getByText('This workspace is being closed: all of its flows are off.').first().waitFor()

  const people = await visit(`${w}/people`, closing())
  await people
    .getByRole('button', { name: /^Remove… / })
    .first()
    .waitFor()
  expect(await people.getByRole('button', { name: /^Sign out/ }).count()).toBeGreaterThan(0)
  const settings = await visit(`${w}/settings`, closing())
  await settings
    .getByRole('button', { name: /^Revoke / })
    .first()
    .waitFor()
  await settings.getByText('None is made in a workspace that is being closed.').waitFor()
  const close = await visit(`${w}/close`, closing())
  await close.getByRole('button', { name: 'Keep this workspace' }).waitFor()
})
