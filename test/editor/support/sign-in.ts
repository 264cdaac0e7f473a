import type { Page } from 'playwright-core'
import { OWNER } from '../../support/fleet.ts'

/** Signs the owner of a fleet in, as a person would; done when the page of flows is there, empty or not. */
export async function signInAsOwner(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('E-mail').fill(OWNER.email)
  await page.locator('input[type=password]').fill(OWNER.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL('**/w/*/**')
  await page.goto(page.url().replace(/(\/w\/[^/]+)\/.*$/, '$1/flows'))
  await page
    .getByRole('heading', { name: /^(?:Flows|No flows yet)$/ })
    .first()
    .waitFor()
}
