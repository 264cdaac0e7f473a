import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { hashPassword } from '../../server/api/people/passwords.ts'
import { newId } from '../../server/store/database/ids.ts'
import { insertPerson } from '../../server/store/people/people.ts'
import { insertMember, insertWorkspace } from '../../server/store/workspace/workspaces.ts'
import { OWNER } from '../support/fleet.ts'
import { codeOf } from '../support/totp.ts'
import { PASSWORD, type Place, signIn } from './place.ts'

/** How people come in: what they need is in their hands afterwards, and what fails says so where it began. */
export function waysInJourneys(at: () => Place): void {
  describe('somebody who comes in', () => {
    const member = async (name: string): Promise<string> => {
      const { db } = at().database.owner
      const person = { id: newId(), email: `${name.toLowerCase()}@nordwind.example`, name }
      await insertPerson(db, { ...person, passwordHash: await hashPassword(PASSWORD) })
      await insertMember(db, at().fleet.workspace, person.id, 'operator')
      return person.email
    }
    const ask = (secondFactor: boolean) =>
      at()
        .database.owner.db.updateTable('workspaces')
        .set({ require_second_factor: secondFactor })
        .where('id', '=', at().fleet.workspace)
        .execute()

    test('sets the second factor up that a workspace asks for, by keyboard, and is let in with the recovery codes in hand', async () => {
      const email = await member('Nora')
      const page = await at().stranger()
      await ask(true)
      try {
        await signIn(page, at().url, email)
        await page.getByRole('button', { name: 'Set up an authenticator app' }).press('Enter')
        const secret = (await page.getByText(/^[A-Z2-7]{32}$/).textContent()) ?? ''
        await page.getByLabel('Code').fill(codeOf(secret))
        await page.keyboard.press('Enter')
        // The page that asked for it is gone, the codes are not, whatever is pressed.
        await page.getByRole('heading', { name: 'Right now', level: 1, includeHidden: true }).waitFor()
        const codes = page.getByRole('dialog', { name: /^Keep these recovery codes/ })
        await page.keyboard.press('Escape')
        const shown = (await codes.locator('pre').textContent()) ?? ''
        expect(shown.split('\n')).toHaveLength(10)
        await codes.getByRole('button', { name: 'I have kept them' }).press('Enter')
        await codes.waitFor({ state: 'detached' })

        // One of them in place of a code, once.
        const [code = ''] = shown.split('\n')
        const again = await at().stranger()
        await signIn(again, at().url, email)
        await again.getByLabel('Code').fill(code)
        await again.keyboard.press('Enter')
        await again.getByRole('heading', { name: 'Right now', level: 1 }).waitFor()
        await again.goto(at().at('/account'))
        await again.getByText('9 recovery codes are left.').waitFor()
      } finally {
        await ask(false)
      }
    })

    test('is told where they began that connecting an account failed, and why; they stay signed in', async () => {
      const page = await at().stranger()
      await signIn(page, at().url, await member('Milo'))
      await page.waitForURL('**/w/*/**')
      const connect = async (somebody: string | undefined, said: string) => {
        await page.goto(at().at('/account'))
        at().login.expect(somebody)
        await page.getByRole('button', { name: 'Connect', exact: true }).click()
        await page.getByRole('status').getByText(said).waitFor()
        expect(new URL(page.url()).pathname).toMatch(/\/account$/)
      }
      at().login.accounts.set('stranger', { email: 'stranger@nordwind.example', email_verified: true })
      await connect(undefined, 'You broke it off there')
      // A browser of its own: the place knows whoever signed in there before.
      await page.context().clearCookies({ domain: '127.0.0.1', name: /^_/ })
      await connect('stranger', 'That is somebody else')
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Flows' }).click()
      await page.getByRole('heading', { name: 'Flows', level: 1 }).waitFor()
      await page.getByText('That is somebody else').waitFor({ state: 'detached' })
    })

    test('and has no password is asked for none, neither on their page nor when their session has ended', async () => {
      const { login } = at()
      const consultant = await at().as('consultant')
      await consultant.goto(at().at('/people'))
      await consultant.getByLabel('E-mail').fill('otto@nordwind.example')
      await consultant.getByRole('button', { name: 'Invite', exact: true }).click()
      const link = (await consultant.getByText(/\/join#/).textContent()) ?? ''
      const page: Page = await at().stranger()
      login.accounts.set('otto', { email: 'otto@nordwind.example', email_verified: true, name: 'Otto' })
      login.accounts.set('other', { email: 'other@nordwind.example', email_verified: true })
      login.expect('other')
      await page.goto(link)
      await page.getByRole('button', { name: 'Join with Nordwind Login' }).click()
      await page.getByText('That is somebody else').waitFor()
      await page.getByText('open the link of the invitation once more').waitFor()

      await page.context().clearCookies()
      login.expect('otto')
      await page.goto(link)
      await page.getByRole('button', { name: 'Join with Nordwind Login' }).click()
      await page.getByRole('button', { name: /^You: Otto/ }).waitFor()
      await page.goto(at().at('/account'))
      await page.getByText('You have none: you come in by single sign-on.').waitFor()
      expect(await page.locator('input[type=password]').count()).toBe(0)

      await page.context().clearCookies({ name: 'tieline' })
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connections' }).click()
      const again = page.getByRole('dialog', { name: 'Your session has ended' })
      await again.waitFor()
      expect(await again.locator('input[type=password]').count()).toBe(0)
      await again.getByRole('button', { name: 'Sign in with Nordwind Login' }).click()
      await again.waitFor({ state: 'detached' })
      await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor()
    })

    test('by an invitation, in a browser where somebody else is signed in, joins as who was invited; the link works once', async () => {
      const consultant = await at().as('consultant')
      await consultant.goto(at().at('/people'))
      await consultant.getByLabel('E-mail').fill('petra@nordwind.example')
      await consultant.getByRole('button', { name: 'Invite', exact: true }).click()
      const link = (await consultant.getByText(/\/join#/).textContent()) ?? ''
      const page = await at().stranger()
      const quin = await member('Quin')
      await signIn(page, at().url, quin)
      await page.waitForURL('**/w/*/**')
      await page.goto(link)
      await page
        .getByText(`${quin} is signed in in this browser. Joining signs petra@nordwind.example in instead.`)
        .waitFor()
      await page.getByLabel('Your name').fill('Petra')
      await page.locator('input[type=password]').fill(PASSWORD)
      await page.getByRole('button', { name: 'Join', exact: true }).click()
      await page.getByRole('button', { name: /^You: Petra/ }).waitFor()
      await page.goto(`${at().url}/sign-in`)
      await page.goto(link)
      await page.getByRole('heading', { name: 'The invitation does not work' }).waitFor()
      await page.getByText('It was used, taken back, replaced by a newer one').waitFor()
    })

    test('hears on a page that a sign-in at another system led to nothing, also when the session has ended meanwhile', async () => {
      const page = await at().stranger()
      const email = await member('Rosa')
      await signIn(page, at().url, email)
      await page.waitForURL('**/w/*/**')
      const back = `${at().url}/api/v1/oauth/callback?state=${at().fleet.workspace}.${'A'.repeat(43)}&code=used`
      await page.goto(back)
      await page.getByRole('status').getByText('Nobody was signed in at the other system').waitFor()
      await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor()

      await page.context().clearCookies({ name: 'tieline' })
      await page.goto(back)
      await page.getByLabel('E-mail').fill(email)
      await page.locator('input[type=password]').fill(PASSWORD)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByRole('status').getByText('Nobody was signed in at the other system').waitFor()
    })

    test('and is taken out again, is told so on the page that is open, and goes on in what is left to them', async () => {
      const { db } = at().database.owner
      const email = await member('Sven')
      const elsewhere = newId()
      await insertWorkspace(db, elsewhere, 'Elsewhere & sons')
      const { id } = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow()
      await insertMember(db, elsewhere, id, 'operator')
      const page = await at().stranger()
      await signIn(page, at().url, email)
      await page.waitForURL('**/w/*/**')
      await page.goto(at().at('/flows'))
      await page.getByRole('heading', { name: 'Flows', level: 1 }).waitFor()

      const owner = await at().stranger()
      await signIn(owner, at().url, OWNER.email, OWNER.password)
      await owner.waitForURL('**/w/*/**')
      await owner.goto(at().at('/people'))
      await owner.getByRole('button', { name: 'Remove… Sven' }).click()
      const asked = owner.getByRole('dialog', { name: 'Remove Sven from this workspace?' })
      await asked.getByText('They hold nothing here that somebody else would have to take over.').waitFor()
      await asked.getByRole('button', { name: 'Remove', exact: true }).click()
      await asked.waitFor({ state: 'detached' })

      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connections' }).click()
      await page.getByRole('heading', { name: 'You are not in this workspace', level: 1 }).waitFor()
      await page.getByText(`${email} was taken out of it by an owner`).waitFor()
      expect(await page.getByRole('navigation', { name: 'Main' }).getByRole('link').count()).toBe(0)
      await page.getByRole('link', { name: 'Elsewhere & sons' }).click()
      await page.waitForURL(`**/w/${elsewhere}/now`)
      await page.getByRole('heading', { name: 'Right now', level: 1 }).waitFor()
    })

    test('and is given a lesser role, is told so where they are refused, and is offered no more what they may not do', async () => {
      const { db } = at().database.owner
      const email = await member('Tilda')
      const { id } = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow()
      const become = (role: 'consultant' | 'auditor') =>
        db
          .updateTable('members')
          .set({ role })
          .where('user_id', '=', id)
          .where('workspace_id', '=', at().fleet.workspace)
          .execute()
      await become('consultant')
      const page = await at().stranger()
      await signIn(page, at().url, email)
      await page.waitForURL('**/w/*/**')
      await page.goto(at().at('/people'))
      await page.getByLabel('E-mail').fill('ulf@nordwind.example')
      await become('auditor')
      await page.getByRole('button', { name: 'Invite', exact: true }).click()
      await page.getByText(/^In “.+” you are auditor now, not consultant any more$/).waitFor()
      await page.getByRole('button', { name: 'Invite', exact: true }).waitFor({ state: 'detached' })
    })
  })
}
