import type { Page, Request } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { contactsFlow } from '../support/flows.ts'
import { BATCHES, FAILED_BATCH, insertLongRun } from './long-run.ts'
import { ended, type Place, settled } from './place.ts'

/** Elements of a page that shows what can be seen of it, however much there is. */
const MOST_ELEMENTS = 2_500

const stepTable = (page: Page) => page.getByRole('table', { name: 'Steps', exact: true })
const batchRows = (page: Page) => page.getByRole('region', { name: /batches over time$/ }).getByRole('listitem')

/** The page of one run: very long, and while it goes. `orders` is a flow that ran. */
export function runPageJourneys(at: () => Place, orders: () => string): void {
  describe('a run of 1,000 batches and 100,000 records', () => {
    let page: Page

    test('draws what is in sight, and goes to the end without drawing more', async () => {
      const place = at()
      page = await place.as('operator')
      const run = await insertLongRun(place, orders())
      await page.goto(place.at(`/runs/${run}`))
      await page.getByRole('region', { name: '1,000 batches over time' }).waitFor()
      await settled(page)
      expect(await batchRows(page).count()).toBeLessThan(40)
      await page.getByRole('region', { name: '1,000 batches over time' }).focus()
      await page.keyboard.press('End')
      await batchRows(page)
        .getByText(`Batch ${BATCHES - 1}`, { exact: true })
        .waitFor()
      expect(await batchRows(page).count()).toBeLessThan(40)
      expect(await page.locator('*').count()).toBeLessThan(MOST_ELEMENTS)
    })

    test('is walked through with J, K, Enter and N', async () => {
      await page.getByRole('heading', { level: 1 }).click()
      const focused = () => page.locator(':focus').textContent()
      await page.keyboard.press('j')
      expect(await focused()).toBe('books')
      await page.keyboard.press('j')
      await page.keyboard.press('j')
      await page.keyboard.press('k')
      expect(await focused()).toBe('orders')
      await page.keyboard.press('Enter')
      await page.waitForURL(/step=orders/)
      await page.getByRole('region', { name: 'Step orders' }).getByText('1,000 batches').waitFor()
      await page.keyboard.press('n')
      await page.waitForURL(/step=book$/)
      await page.getByRole('region', { name: 'Step book' }).getByText('1 of them failed').waitFor()
      expect(await stepTable(page).locator('[aria-current="true"]').count()).toBe(1)
    })

    test('leads from the batch that failed to what happened in it, however far back it is', async () => {
      await page.getByLabel('Only failed or retried').check()
      await page.getByRole('region', { name: '11 batches over time' }).waitFor()
      await batchRows(page).getByText(`Batch ${FAILED_BATCH}`, { exact: true }).click()
      const step = page.getByRole('region', { name: 'Step book' })
      await step.getByText('Xero did not answer.').waitFor()
      expect(new URL(page.url()).searchParams.get('batch')).toBe(String(FAILED_BATCH))
      // The same address opens it for somebody else, and the records of the step before.
      await page.goto(page.url().replace('step=book', 'step=orders'))
      const before = page.getByRole('region', { name: 'Step orders' })
      await before.getByText('First 50 of 100 records').waitFor()
      expect(await page.locator('*').count()).toBeLessThan(MOST_ELEMENTS)
    })

    test('asks with R to run again, after the server has counted', async () => {
      await page.keyboard.press('r')
      const dialog = page.getByRole('dialog')
      await dialog.getByText('reads again: 100,000 records then').waitFor()
      await dialog.getByRole('button', { name: 'Leave it' }).click()
      await dialog.waitFor({ state: 'detached' })
    })
  })

  describe('a run that goes on while one looks', () => {
    test('moves by itself without asking, survives a cut line, and is right at the end', async () => {
      const place = at()
      const { fleet, line } = place
      const page = await place.as('operator')
      const flow = await fleet.flow({ ...contactsFlow(1), name: 'Customers, one by one' })
      const slow = {
        match: { method: 'GET', pathPrefix: '/api.xro/2.0/Contacts' },
        kind: 'slow',
        delayMs: 400,
      } as const
      fleet.xero.addFaults([{ ...slow, times: 1_000 }])
      const { id } = await fleet.call<{ id: string }>('POST', `/flows/${flow}/run`, {})
      await page.goto(place.at(`/runs/${id}`))
      const counts = page.getByLabel('Counts of this run')
      const read = async () => Number(/Read([\d,]+)/.exec((await counts.textContent()) ?? '')?.[1])
      await expect.poll(read, { timeout: 30_000 }).toBeGreaterThan(0)
      let asked = 0
      const count = (request: Request) => {
        if (request.url().endsWith(`/runs/${id}`)) asked += 1
      }
      page.on('request', count)
      const before = await read()
      await expect.poll(read, { timeout: 30_000 }).toBeGreaterThan(before + 2)
      page.off('request', count)
      expect(asked).toBe(0)

      line.cut()
      await page.getByText('Live updates paused').waitFor()
      line.mend()
      await page.getByText('Live updates paused').waitFor({ state: 'detached' })
      fleet.xero.clearFaults()
      await page.getByText('Succeeded', { exact: true }).first().waitFor()
      const end = await ended(fleet, id)
      expect(await read()).toBe(end.counts['read'])
      await page.getByRole('region', { name: `${end.counts['read']} batches over time` }).waitFor()
    })
  })
}
