import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { contactsFlow } from '../support/flows.ts'
import { PASSWORD, type Place, runOf } from './place.ts'

const EMAIL = 'clara@nordwind.example'
const NAME = 'Customers → the newsletter'

const dialog = (page: Page) => page.getByRole('dialog')
const toggle = (page: Page) => page.getByRole('article', { name: NAME }).getByRole('switch')

async function turn(page: Page, way: 'on' | 'off'): Promise<void> {
  await dialog(page)
    .getByRole('button', { name: `Turn ${way}` })
    .click()
  await dialog(page).waitFor({ state: 'detached' })
  // It is moved again only once the page has the new state.
  await page.getByRole('switch', { name: `${NAME}: ${way === 'on' ? 'On' : 'Off'}`, disabled: false }).waitFor()
}

/** What a client comes for: whether it works, and the switch. Invited by the consultant, as all clients are. */
export function clientJourneys(at: () => Place): void {
  describe('a client', () => {
    let page: Page
    let flow: string

    test('is invited by the consultant, comes by the link once, and finds the automations and little else', async () => {
      const place = at()
      flow = await place.fleet.flow({ ...contactsFlow(100), name: NAME })
      expect(await runOf(place.fleet, flow)).toMatchObject({ state: 'succeeded' })
      const consultant = await place.as('consultant')
      await consultant.goto(place.at('/people'))
      await consultant.getByLabel('E-mail').fill(EMAIL)
      await consultant.getByRole('button', { name: 'Invite', exact: true }).click()
      const link = (await consultant.getByText(/\/join#/).textContent()) ?? ''

      page = await place.stranger()
      await page.goto(link)
      await page.getByLabel('Your name').fill('Clara Client')
      await page.locator('input[type=password]').fill(PASSWORD)
      await page.getByRole('button', { name: 'Join', exact: true }).click()
      await page.getByRole('heading', { name: 'Your automations', level: 1 }).waitFor()
      const places = page.getByRole('navigation', { name: 'Main' }).getByRole('link')
      expect(await places.allTextContents()).toEqual(['Home', 'Notices', 'Connections', 'Settings'])

      const again = await place.stranger()
      await again.goto(link)
      await again.getByRole('link', { name: 'Sign in' }).waitFor()
      expect(await again.locator('input[type=password]').count()).toBe(0)
    })

    test('turns it off and on: what gathered is counted without names, and left out or sent as chosen', async () => {
      const place = at()
      const { xero } = place.fleet
      const [first = '', second = ''] = xero.state.books.contacts.ordered
        .filter(({ id }) => xero.document(id)?.['IsCustomer'] === true)
        .map(({ id }) => id)
        .slice(-2)
      const name = (id: string) => place.fleet.emarsys.contacts.lookUp('9001', id)[0]?.['18']

      await toggle(page).press(' ')
      await dialog(page).getByText('Until then this stops:').waitFor()
      await dialog(page).getByText('Nothing is in progress.').waitFor()
      await turn(page, 'off')
      xero.editContact(first, { Name: 'Changed while it was off' })
      // “Now” is to the second of the other system’s clock, and rather sends what changed within the last two than loses it.
      xero.advance(5_000)
      await toggle(page).press(' ')
      await dialog(page).getByText('1 record changed in The books since it last read').waitFor()
      expect(await dialog(page).textContent()).not.toContain('Changed while it was off')
      // Neither is chosen for them.
      expect(await dialog(page).getByRole('button', { name: 'Turn on' }).isDisabled()).toBe(true)
      await dialog(page).getByLabel('Start from now').check()
      await turn(page, 'on')
      await runOf(place.fleet, flow)
      expect(name(first)).not.toBe('Changed while it was off')

      await toggle(page).press(' ')
      await turn(page, 'off')
      xero.editContact(second, { Name: 'Also changed' })
      await toggle(page).press(' ')
      await dialog(page).getByText('1 record changed in The books since it last read').waitFor()
      await dialog(page).getByLabel('Also what was missed').check()
      await turn(page, 'on')
      await runOf(place.fleet, flow)
      expect(name(second)).toBe('Also changed')
      expect(name(first)).not.toBe('Changed while it was off')
    })
  })
}
