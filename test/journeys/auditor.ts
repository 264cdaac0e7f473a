import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type Place, settled } from './place.ts'

const VERIFY = fileURLToPath(new URL('../../server/commands/audit-verify.ts', import.meta.url))
const run = promisify(execFile)

/** `npm run audit:verify` on a machine that has nothing but the file. */
const verify = (...given: string[]) =>
  run(process.execPath, [VERIFY, ...given], { env: { PATH: process.env['PATH'] ?? '' } })

/** Buttons that would change something, whichever page they are on. */
const CHANGING =
  /^(Run now|Test…|Run again|Try|Edit|Dismiss|Cancel|Pause|Resume|Publish|New flow|Create|Add|Save|Invite|Take|It arrived|Connect|Test connection|Delete|Remove|Change|Upload|Comment|See to|Erase|Close this|Sign out…)/

/** What a page offers that would change something. */
async function offered(page: Page, address: string): Promise<string[]> {
  await page.goto(address)
  await settled(page)
  const buttons = page.getByRole('main').getByRole('button', { name: CHANGING })
  return buttons.and(page.locator(':enabled')).allTextContents()
}

/** What an auditor comes for: proof, and no way to touch anything. `orders` is a flow that ran. */
export function auditorJourneys(at: () => Place, orders: () => string): void {
  describe('an auditor', () => {
    test('downloads the log; it is verified without the product, and a changed word is named', async () => {
      const place = at()
      const page = await place.as('auditor')
      await page.goto(place.at('/settings'))
      await page.getByRole('link', { name: 'Audit log' }).click()
      await page.getByRole('table', { name: 'Audit log' }).getByText('Finance Person').first().waitFor()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download' }).click(),
      ])
      const file = await download.path()
      const key = (await place.ask(page, 'GET', `/workspaces/${place.fleet.workspace}/audit`)).body['key']
      const entries = (await readFile(file, 'utf8')).trim().split('\n').length - 1
      expect((await verify(file, '--key', String(key))).stdout).toContain(`${entries} entries`)

      await writeFile(file, (await readFile(file, 'utf8')).replace('"exception.retry"', '"exception.dismiss"'))
      await expect(verify(file, '--key', String(key))).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/entry \d+/i),
      })
    })

    test('is offered nothing that changes anything, and the API refuses it', async () => {
      const place = at()
      const page = await place.as('auditor')
      const { items } = (await place.ask(page, 'GET', `/workspaces/${place.fleet.workspace}/runs?flow=${orders()}`))
        .body as { items: { id: string }[] }
      const run = items.at(-1)!.id
      const pages = [
        ...['/home', '/exceptions', '/unknown', '/alerts', '/people', '/flows', `/flows/${orders()}`, '/policy'],
        ...[
          `/flows/${orders()}?tab=schedule`,
          `/flows/${orders()}/edit`,
          `/runs/${run}`,
          `/connections/${place.fleet.connections.xero}`,
        ],
      ]
      for (const path of pages) {
        expect(await offered(page, place.at(path)), path).toEqual([])
        for (const one of await page.getByRole('main').getByRole('switch').all()) {
          expect(await one.isDisabled(), path).toBe(true)
        }
      }
      // The same page offers others plenty.
      expect(await offered(await place.as('operator'), place.at(`/flows/${orders()}`))).not.toEqual([])
      const changes: [string, string, unknown][] = [
        ['POST', `/flows/${orders()}/run`, {}],
        ['POST', `/flows/${orders()}/switch`, { on: false }],
        ['POST', `/runs/${run}/rerun`, {}],
        ['POST', '/exceptions/retry', { select: { filter: {} } }],
        ['POST', '/connections', {}],
        ['PUT', '/sign-in-rule', { sso: false, secondFactor: false }],
        ['POST', '/invitations', { email: 'x@nordwind.example', role: 'auditor' }],
      ]
      for (const [method, path, body] of changes) {
        const { status, body: said } = await place.ask(
          page,
          method,
          `/workspaces/${place.fleet.workspace}${path}`,
          body,
        )
        expect([status, said['code']], path).toEqual([403, 'NOT_ALLOWED'])
      }
    })
  })
}
