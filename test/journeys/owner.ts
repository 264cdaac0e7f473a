import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { OWNER } from '../support/fleet.ts'
import { PASSWORD, type Place, signIn } from './place.ts'

/** The owner shuts passwords out of the workspace. Comes last: nobody who came by password gets in afterwards. */
export function ownerJourneys(at: () => Place): void {
  describe('an owner', () => {
    let owner: Page
    /** Of an operator, from before. */
    let token: string
    const linkFor = async (name: string): Promise<string> => {
      await owner.goto(at().at('/people'))
      await owner.getByRole('button', { name: `New password for ${name}…` }).click()
      await owner.getByRole('dialog').getByRole('button', { name: 'Create link' }).click()
      return (
        (await owner
          .getByRole('dialog')
          .getByText(/\/password#/)
          .textContent()) ?? ''
      )
    }

    test('who came by password cannot ask others for more; tied to the place of sign-in, they can', async () => {
      const place = at()
      const { url, login, at: to } = place
      const made = await place.ask(await place.as('operator'), 'POST', `/workspaces/${place.fleet.workspace}/tokens`, {
        name: 'Nightly',
      })
      token = String(made.body['secret'])
      const page = await place.stranger()
      owner = page
      login.accounts.set('olive', { email: OWNER.email, email_verified: true, name: 'Olive' })
      login.expect('olive')
      await signIn(page, url, OWNER.email, OWNER.password)
      await page.getByRole('heading', { name: 'Right now', level: 1 }).waitFor()
      const enforce = async () => {
        await page.goto(to('/people'))
        await page.getByLabel('Only with Nordwind Login').check()
        await page.getByRole('button', { name: 'Change…' }).click()
        await page.getByRole('dialog').getByRole('button', { name: 'Change it' }).click()
      }
      await enforce()
      await page.getByText('Sign in by single sign-on first: then you are sure that it works.').waitFor()
      await page.goto(to('/account'))
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await page.getByText('Your account is connected.').waitFor()
      await enforce()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      expect(await page.getByLabel('Only with Nordwind Login').isChecked()).toBe(true)
    })

    test('has shut every other way: sessions, passwords, reset links, invitations, API tokens', async () => {
      const place = at()
      const { url, fleet, login } = place
      const runs = `/workspaces/${fleet.workspace}/runs`
      const refused = { status: 403, body: { code: 'SSO_REQUIRED' } }
      const only = 'This workspace takes only people who sign in with Nordwind Login.'

      // Sessions and tokens from before.
      const operator = await place.as('operator')
      await operator.goto(place.at('/runs'))
      await operator.getByText(only).waitFor()
      expect(await place.ask(operator, 'GET', runs)).toMatchObject(refused)
      const script = await fetch(`${url}/api/v1${runs}`, { headers: { authorization: `Bearer ${token}` } })
      expect([script.status, await script.json()]).toMatchObject([403, { code: 'SSO_REQUIRED' }])

      // The password again, after the link of an owner has set it anew.
      const { email, name } = await place.person('operator')
      const link = await linkFor(name)
      const again = await place.stranger()
      await again.goto(link)
      await again.locator('input[type=password]').fill('another lighthouse entirely')
      await again.getByRole('button', { name: 'Set new password' }).click()
      await again.getByText('Your new password is set').waitFor()
      await signIn(again, url, email, 'another lighthouse entirely')
      await again.getByText(only).waitFor()
      expect(await place.ask(again, 'GET', runs)).toMatchObject(refused)

      // From there the place lets them in, and ties the account on the way.
      login.accounts.set('op', { email, email_verified: true })
      login.expect('op')
      await again.getByRole('button', { name: 'Sign in with Nordwind Login' }).click()
      await again.getByRole('heading', { name: 'Flows', level: 1 }).waitFor()
      expect((await place.ask(again, 'GET', runs)).status).toBe(200)

      // An invitation asks for no password, and takes none.
      await owner.goto(place.at('/people'))
      await owner.getByLabel('E-mail').fill('grace@nordwind.example')
      await owner.getByRole('button', { name: 'Invite', exact: true }).click()
      const invited = await owner.getByText(/\/join#/).textContent()
      const grace = await place.stranger()
      await grace.goto(invited!)
      await grace.getByText('This workspace takes only people who come by Nordwind Login.').waitFor()
      expect(await grace.locator('input[type=password]').count()).toBe(0)
      const secret = new URL(invited!).hash.slice(1)
      const own = { token: secret, name: 'Grace', password: PASSWORD }
      expect(await place.ask(grace, 'POST', '/invitations/accept', own)).toMatchObject(refused)
      login.accounts.set('grace', { email: 'grace@nordwind.example', email_verified: true, name: 'Grace Holm' })
      login.expect('grace')
      await grace.getByRole('button', { name: 'Join with Nordwind Login' }).click()
      await grace.getByRole('button', { name: /^You: Grace Holm/ }).waitFor()

      // Next time from the page of sign-in, without having typed anything.
      await grace.getByRole('button', { name: /^You: Grace Holm/ }).click()
      await grace.getByRole('menuitem', { name: 'Sign out' }).click()
      await grace.getByRole('button', { name: 'Sign in with Nordwind Login' }).click()
      await grace.getByRole('button', { name: /^You: Grace Holm/ }).waitFor()
    }, 270_000)

    test('goes on by single sign-on where the session ended; nothing is sent twice, or by somebody else', async () => {
      const { login } = at()
      const field = owner.getByLabel('E-mail')
      const again = owner.getByRole('dialog', { name: 'Your session has ended' })
      const away = again.getByRole('button', { name: 'Sign in with Nordwind Login' })
      const sent: string[] = []
      owner.on('request', (request) => {
        if (request.method() === 'POST' && request.url().endsWith('/invitations')) sent.push(request.url())
      })
      const ends = async (typed: string) => {
        await owner.goto(at().at('/people'))
        await field.fill(typed)
        await owner.context().clearCookies()
        await owner.getByRole('button', { name: 'Invite', exact: true }).click()
        await again.waitFor()
      }
      const invited = async () => {
        const { body } = await at().ask(owner, 'GET', `/workspaces/${at().fleet.workspace}/invitations`)
        return JSON.stringify(body)
      }

      await ends('ivy@nordwind.example')
      // Broken off there: it is said here, and the window is gone.
      login.expect(undefined)
      const [broken] = await Promise.all([owner.waitForEvent('popup'), away.click()])
      await again.getByText('You broke it off there').waitFor()
      if (!broken.isClosed()) await broken.waitForEvent('close')
      // No window may open: a tab of its own.
      login.expect('olive')
      await owner.evaluate(() => void Object.assign(window, { open: () => null }))
      await away.click()
      await again.getByRole('link', { name: 'Go on in a tab of its own' }).click()
      await again.waitFor({ state: 'detached' })
      await owner.getByText(/\/join#/).waitFor()
      expect(sent).toHaveLength(2) // refused, and once more
      expect((await invited()).split('ivy@nordwind.example')).toHaveLength(2)

      await ends('jo@nordwind.example')
      login.expect('op')
      const [window] = await Promise.all([owner.waitForEvent('popup'), away.click()])
      if (!window.isClosed()) await window.waitForEvent('close')
      await owner.getByRole('button', { name: /^You: Operator Person/ }).waitFor()
      expect(sent).toHaveLength(3)
      expect(await owner.getByText('jo@nordwind.example').count()).toBe(0)
      login.expect('olive')
    })
  })
}
