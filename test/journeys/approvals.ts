import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { OWNER } from '../support/fleet.ts'
import { contactsFlow } from '../support/flows.ts'
import { type Place, settled, signIn } from './place.ts'

const NAME = 'Customers for the second pair of eyes'

/** Two people where nobody publishes alone: what one asks for, the other sees, and what becomes of it. Leaves the rule off. */
export function approvalJourneys(at: () => Place): void {
  describe('a second person', () => {
    let owner: Page
    let consultant: Page
    let flow: string

    const dialog = (page: Page) => page.getByRole('dialog')
    const open = async (page: Page, path: string) => {
      await page.goto(at().at(path))
      await settled(page)
    }
    const live = async () => (await at().fleet.call<{ liveVersion: number }>('GET', `/flows/${flow}`)).liveVersion
    /** The consultant saves another number of records per page. */
    const edit = async (pageSize: number) => {
      const path = `/workspaces/${at().fleet.workspace}/flows/${flow}/draft`
      const { revision } = (await at().ask(consultant, 'GET', path)).body
      const saved = await consultant.context().request.fetch(`${at().url}/api/v1${path}`, {
        method: 'PUT',
        headers: { origin: at().url, 'if-match': `"${revision}"` },
        data: { ...contactsFlow(pageSize), name: NAME },
      })
      expect(saved.status(), await saved.text()).toBe(200)
    }
    const askFor = async (why: string) => {
      await open(consultant, `/flows/${flow}/edit?show=outline&ask=publish`)
      await dialog(consultant).getByLabel('What changed, and why').fill(why)
      await dialog(consultant).getByRole('button', { name: 'Ask a second person' }).click()
      await dialog(consultant).waitFor({ state: 'detached' })
    }
    /** The owner comes to the request from the list. */
    const look = async (why: string) => {
      await open(owner, '/approvals')
      await owner.getByRole('row').filter({ hasText: why }).getByRole('link').click()
      await owner.getByText(new RegExp(`^Asked by Consultant Person, .*: ${why}$`)).waitFor()
    }

    test('is wanted by the owner, who reads who could approve for whom', async () => {
      const place = at()
      consultant = await place.as('consultant')
      owner = await place.stranger()
      await signIn(owner, place.url, OWNER.email, OWNER.password)
      await owner.waitForURL('**/w/*/**')
      flow = await place.fleet.flow({ ...contactsFlow(100), name: NAME })
      await open(owner, '/people')
      await owner.getByRole('button', { name: 'Turn on…' }).click()
      const whom = dialog(owner).getByRole('list', { name: 'Who could approve for whom' })
      await whom.getByText('Consultant Person could approve for all others.').waitFor()
      await dialog(owner).getByRole('button', { name: 'Turn on' }).click()
      await owner.getByText('On: what goes live is approved by somebody who had no part in it.').waitFor()
    })

    test('is asked; until then nothing is live, and all who come by see that it waits', async () => {
      await edit(50)
      await askFor('Smaller pages')
      expect(await live()).toBe(1)
      await open(consultant, `/flows/${flow}`)
      await consultant.getByText('The draft waits for a second person').waitFor()
      await consultant.getByRole('link', { name: 'Open the request' }).click()
      await consultant.getByText('You asked for it: somebody else decides').waitFor()
      expect(await consultant.getByRole('button', { name: 'Approve…' }).count()).toBe(0)
      // Asking once more says what that does.
      await open(consultant, `/flows/${flow}/edit?show=outline&ask=publish`)
      await dialog(consultant).getByText('You have asked for it already, “Smaller pages”.').waitFor()

      await open(owner, '/now')
      await owner.getByText('1 request waits for your approval').waitFor()
      expect(await owner.getByText('nothing needs anybody').count()).toBe(0)
      await owner.getByRole('link', { name: 'Look at it' }).click()
      await owner.getByText('1 request open, for you to decide.').waitFor()
    })

    test('sees the difference, and approves exactly that', async () => {
      await look('Smaller pages')
      const change = owner.getByRole('main')
      await change.getByText('Records per page').waitFor()
      await change.getByText('100', { exact: true }).waitFor()
      await change.getByText('50', { exact: true }).waitFor()
      await owner.getByRole('button', { name: 'Approve…' }).click()
      await dialog(owner).getByRole('button', { name: 'Approve, and let it go live' }).click()
      await owner.getByText(/^Approved by Olive Owner/).waitFor()
      expect(await live()).toBe(2)
      // What was approved can be read later too.
      await owner.getByRole('heading', { name: 'What changed compared with what was live then' }).waitFor()
      await change.getByText('50', { exact: true }).waitFor()
    })

    test('is told when it was changed meanwhile, before and after the click, and nothing goes live', async () => {
      await edit(60)
      await askFor('A few more')
      await look('A few more')
      await owner.getByRole('button', { name: 'Approve…' }).click()
      await edit(70)
      await dialog(owner).getByRole('button', { name: 'Approve, and let it go live' }).click()
      await dialog(owner).getByRole('status').waitFor()
      await dialog(owner).getByRole('button', { name: 'Approve, and let it go live', disabled: true }).waitFor()
      await dialog(owner).getByRole('button', { name: 'Close' }).last().click()
      await owner.getByText(/^Void: it did not go live, .*was changed after the request\.$/).waitFor()
      expect(await live()).toBe(2)

      await askFor('Seventy')
      await edit(80)
      await look('Seventy')
      await owner.getByText('It was changed after it was asked for').waitFor()
      expect(await owner.getByRole('button', { name: 'Approve…' }).count()).toBe(0)
    })

    test('refuses with a reason, which reaches whoever asked where they go on; they can take back as well', async () => {
      await askFor('Eighty')
      await look('Eighty')
      await owner.getByRole('button', { name: 'Refuse…' }).click()
      expect(await dialog(owner).getByRole('button', { name: 'Refuse' }).isDisabled()).toBe(true)
      await dialog(owner).getByLabel('Why').fill('Too many at once')
      await dialog(owner).getByRole('button', { name: 'Refuse' }).click()
      await owner.getByText(/^Refused by Olive Owner.*Too many at once$/).waitFor()
      const drafts = consultant.getByRole('table', { name: 'Drafts' }).getByRole('row').filter({ hasText: NAME })
      await open(consultant, '/building')
      await drafts.getByText('Refused by Olive Owner: Too many at once').waitFor()
      await open(consultant, `/flows/${flow}`)
      await consultant.getByText('The draft did not go live').waitFor()

      await askFor('Eighty after all')
      await open(consultant, `/flows/${flow}`)
      await consultant.getByRole('link', { name: 'Open the request' }).click()
      await consultant.getByRole('button', { name: 'Take back…' }).click()
      await dialog(consultant).getByLabel('Why').fill('I asked too early')
      await dialog(consultant).getByRole('button', { name: 'Take it back' }).click()
      await consultant.getByText(/^You took it back.*I asked too early$/).waitFor()
      expect(await live()).toBe(2)
    })

    test('agrees that it ends; what waits still does, until it goes live otherwise', async () => {
      await askFor('Left over')
      await open(owner, '/people')
      await owner.getByRole('button', { name: 'Turn off…' }).click()
      await dialog(owner).getByRole('button', { name: 'Ask for it' }).click()
      await owner.getByText('You have asked that it end; a second person decides.').waitFor()
      await open(consultant, '/approvals')
      await consultant.getByRole('link', { name: 'The approvals end' }).click()
      await consultant.getByRole('button', { name: 'Approve…' }).click()
      await dialog(consultant).getByText('whoever may publish makes a draft live by themselves').waitFor()
      await dialog(consultant).getByRole('button', { name: 'Let them end' }).click()
      await consultant.getByText(/^Approved by Consultant Person/).waitFor()

      // The place is still there for what is left over.
      await open(owner, '/now')
      await owner.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Approvals' }).waitFor()
      await open(consultant, `/flows/${flow}/edit?show=outline&ask=publish`)
      await dialog(consultant).getByText('What you publish now takes the place of that.').waitFor()
      await dialog(consultant).getByLabel('What changed, and why').fill('Alone again')
      await dialog(consultant).getByRole('button', { name: 'Publish version 3' }).click()
      await dialog(consultant).waitFor({ state: 'detached' })
      await open(owner, '/approvals')
      await owner.getByText('Nothing waits.').waitFor()
      await owner.getByRole('row').filter({ hasText: 'Left over' }).getByRole('link').click()
      await owner.getByText(/^Void: it did not go live, .*: Version 3 went live meanwhile\.$/).waitFor()
    })
  })
}
