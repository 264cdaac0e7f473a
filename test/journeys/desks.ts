import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { contactsFlow, purchasesFlow } from '../support/flows.ts'
import { ARCHIVED, madeInXero } from './orders.ts'
import { type Place, runOf } from './place.ts'

type Listed = { readonly items: readonly { readonly businessKey: string; readonly state: string }[] }

const dialog = (page: Page) => page.getByRole('dialog')

/** The open exceptions of a desk, as its people come to them. */
async function openQueue(place: Place, page: Page, desk: 'Finance' | 'Marketing' | 'Operations'): Promise<void> {
  const main = page.getByRole('navigation', { name: 'Main' })
  await main.getByRole('link', { name: 'Exceptions', exact: true }).click()
  await page.getByRole('heading', { name: 'Exceptions', level: 1 }).waitFor()
  await page.getByRole('combobox', { name: 'For' }).click()
  await page.getByRole('option', { name: desk }).click()
  await page.waitForURL(/desk=/)
  expect(page.url()).toBe(place.at(`/exceptions?desk=${desk === 'Operations' ? 'technical' : desk.toLowerCase()}`))
}

async function openInDoubt(page: Page): Promise<void> {
  const main = page.getByRole('navigation', { name: 'Main' })
  await main.getByRole('link', { name: 'Did it arrive?', exact: true }).click()
}

/** Settles the only thing in doubt that is listed first, as somebody who has looked. */
async function settleFirst(page: Page, how: 'It arrived…' | 'It did not arrive…', reason: string): Promise<string> {
  await openInDoubt(page)
  const table = page.getByRole('table', { name: 'Items that may have arrived' })
  const row = table.getByRole('row').nth(1)
  const key = (await row.getByRole('link').first().textContent()) ?? ''
  // A document is listed with the money that hangs on it.
  if (/^(?:INV|CN)-/.test(key)) expect(await row.textContent()).toMatch(/\d\.\d\d/)
  await row.getByRole('link').first().click()
  await page.getByText('Only a person can.').waitFor()
  await page.getByRole('button', { name: how }).click()
  const sure = dialog(page).getByRole('button', { name: /^(Settle|Send) 1 item/ })
  // Without saying how one knows nothing is settled.
  expect(await sure.isDisabled()).toBe(true)
  await dialog(page).getByLabel('How do you know?').fill(reason)
  await sure.click()
  await page.getByText('Settled. It is kept with your name and reason.').waitFor()
  return key
}

/** What finance and marketing come for: what was set aside for their desk, and what nobody can tell. */
export function deskJourneys(at: () => Place): void {
  describe('finance', () => {
    test('sees what its desk has open and how much money, hands it on, says something, puts it aside', async () => {
      const place = at()
      const page = await place.as('finance')
      // Where finance arrives: what its desk has to settle, and the money in it.
      await page.getByRole('heading', { name: 'To agree', level: 1 }).waitFor()
      await page.getByText('1 record waits for a decision.').waitFor()
      await page.getByText('80.50').first().waitFor()
      await openQueue(place, page, 'Finance')
      await page.getByText(/^1 exception open/).waitFor()
      await page.getByText('At stake: ').getByText('80.50').waitFor()
      await page.getByRole('link', { name: 'INV-0193' }).click()
      await page.getByText("Account code '260' has been archived.").first().waitFor()

      await page.getByRole('combobox', { name: 'Who sees to it' }).click()
      await place.person('consultant')
      await page.getByRole('option', { name: 'Finance Person' }).click()
      await page.getByText('Handed to Finance Person').waitFor()
      await page.getByRole('textbox', { name: 'Comment' }).fill('Asked the bookkeeper about 260')
      await page.getByRole('button', { name: 'Comment', exact: true }).click()
      await page.getByText('Asked the bookkeeper about 260').waitFor()
      await page.getByRole('combobox', { name: 'Put aside' }).click()
      await page.getByRole('option', { name: 'Until tomorrow' }).click()
      await page
        .getByText(/^Put aside until/)
        .first()
        .waitFor()
      await openQueue(place, page, 'Finance')
      await page.getByText(/1 of them yours, 1 put aside/).waitFor()
    })

    test('has the cause mended in the books and sends what is left with one press', async () => {
      const place = at()
      const page = await place.as('finance')
      place.fleet.xero.archiveAccount(ARCHIVED, false)
      await page.getByRole('button', { name: 'Mark all open ones that fit' }).click()
      await page.getByRole('button', { name: 'Try again…' }).click()
      await dialog(page).getByRole('button', { name: 'Try 1 again' }).click()
      await page.waitForURL(/\/runs\//)
      await page.getByText('Succeeded', { exact: true }).first().waitFor()
      expect(madeInXero(place, 'INV-0193')).toHaveLength(1)
      await openQueue(place, page, 'Finance')
      await page.getByRole('row').filter({ hasText: 'INV-0193' }).getByText('Resolved').waitFor()
    })

    test('settles a sale in doubt as arrived: the exception is resolved, and no row goes out again', async () => {
      const place = at()
      const { emarsys } = place.fleet
      emarsys.addFaults([{ match: { pathPrefix: '/hapi' }, kind: 'reset-after' }])
      const flow = await place.fleet.flow(purchasesFlow(1000))
      expect(await runOf(place.fleet, flow)).toMatchObject({ state: 'partly' })
      const rows = emarsys.sales.length
      const page = await place.as('finance')
      const key = await settleFirst(page, 'It arrived…', 'Seen in the sales data of 20 November')
      const { items } = await place.fleet.call<Listed>('GET', `/exceptions?flow=${flow}&state=resolved`)
      expect(items.map(({ businessKey }) => businessKey)).toEqual([key])
      expect(key).toMatch(/^(?:INV|CN)-/)
      await runOf(place.fleet, flow)
      expect(emarsys.sales.length).toBe(rows)
    })
  })

  describe('marketing', () => {
    test('settles at once what it has looked up: sales rows whose answer was lost', async () => {
      const place = at()
      const page = await place.as('marketing')
      // Whether something arrived is asked of operations first; whoever may settle it finds it there.
      await openQueue(place, page, 'Operations')
      const doubtful = Number(
        /^(\d+) exceptions open/.exec((await page.getByText(/exceptions open/).textContent())!)?.[1],
      )
      expect(doubtful).toBeGreaterThan(5)
      await openInDoubt(page)
      await page.getByLabel('Mark all that are shown').check()
      await page.getByRole('button', { name: 'They arrived…' }).click()
      await dialog(page).getByLabel('How do you know?').fill('Counted in the sales report')
      await dialog(page)
        .getByRole('button', { name: /^Settle \d+ items as arrived/ })
        .click()
      await page.getByText(`${doubtful} exceptions resolved`).waitFor()
      await page.getByText('Nothing is in doubt').waitFor()
    })

    test('sees its own desk alone, takes a refused contact in hand and sends it again', async () => {
      const place = at()
      const { emarsys } = place.fleet
      emarsys.addFaults([{ match: { method: 'PUT', pathPrefix: '/contact' }, kind: 'partial', text: 'Invalid e-mail' }])
      const flow = await place.fleet.flow({ ...contactsFlow(100), name: 'Customers → contacts' })
      expect(await runOf(place.fleet, flow)).toMatchObject({ state: 'partly' })
      const page = await place.as('marketing')
      await openQueue(place, page, 'Marketing')
      await page.getByText(/^1 exception open/).waitFor()
      await page
        .getByRole('table', { name: 'Exceptions', exact: true })
        .getByRole('row')
        .nth(1)
        .getByRole('link')
        .first()
        .click()
      await page.getByText('Invalid e-mail').first().waitFor()
      await page.getByRole('button', { name: 'Take it' }).click()
      await page.getByText('Handed to Marketing Person').waitFor()
      await page.getByRole('button', { name: 'Try again…', exact: true }).click()
      await dialog(page).getByRole('button', { name: 'Try again', exact: true }).click()
      await page.getByText('Resolved', { exact: true }).first().waitFor()
    })
  })
}
