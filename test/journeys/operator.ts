import { describe, expect, test } from 'vitest'
import { madeInXero } from './orders.ts'
import { type Place, runOf } from './place.ts'

/** What an operator comes for: a record that did not arrive. `orders` is the flow that met it. */
export function operatorJourneys(at: () => Place, orders: () => string): void {
  describe('an operator', () => {
    test('finds INV-0192, sees why it failed, corrects it and sends it again: it is in the books once', async () => {
      const place = at()
      const page = await place.as('operator')
      await page.keyboard.press('/')
      await page.getByLabel('Find a record').fill('inv-0192')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: /What happened to inv-0192/i }).waitFor()
      await page.getByRole('link', { name: 'The exception' }).first().click()

      // The other system's words, what is at stake, and what is to be done.
      await page.getByText("Account code '260' has been archived.").first().waitFor()
      await page.getByText('1,249.90').first().waitFor()
      await page.getByText('Use the contact or account that took its place').waitFor()
      await page.getByRole('button', { name: 'Edit and try again…' }).click()
      await page.getByRole('dialog').getByLabel('Reason').fill('Its account was archived')
      await page.getByRole('dialog').getByRole('button', { name: 'Show and edit' }).click()
      const field = page.getByLabel('The record', { exact: false }).and(page.locator('textarea:not([aria-hidden])'))
      await field.fill((await field.inputValue()).replace('"260"', '"200"'))
      await page.getByRole('table', { name: 'Changed fields' }).getByText('"200"').waitFor()
      await page.getByRole('button', { name: 'Try again with this record' }).click()

      // Nobody closes it: that it went through does.
      await page.getByText('Resolved', { exact: true }).first().waitFor()
      expect(madeInXero(place, 'INV-0192')).toHaveLength(1)
      expect(place.fleet.xero.document('INV-0192')).toMatchObject({ Status: 'AUTHORISED' })
      await page.getByRole('link', { name: 'Its history' }).click()
      await page.getByText('Sent', { exact: true }).first().waitFor()

      // Another run of the flow sends nothing of it: it is in the books.
      await runOf(place.fleet, orders())
      expect(madeInXero(place, 'INV-0192')).toHaveLength(1)
    })
  })
}
