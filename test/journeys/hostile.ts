import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { HANDLERS, PAYLOADS } from '../editor/support/hostile.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { type Place, runOf, settled } from './place.ts'

// AB-61: what comes from outside comes through the product itself here: names in the books, words of a refusal, headings
// and cells of a file, events of a hook.

const ADDRESSES = ['href', 'src', 'action', 'formaction', 'data']
/** What would run once somebody chose it. */
const ARMED = [
  ...HANDLERS.map((name) => `[${name}]`),
  '[srcdoc]',
  ...ADDRESSES.flatMap((name) => [`[${name}^="javascript:" i]`, `[${name}^="data:text" i]`]),
].join()

/** One text of each kind, different ones for each place that a text comes from. */
const texts = (from: number): readonly string[] => PAYLOADS.filter((_, at) => at % 37 === from)
/** As a heading of a CSV file. */
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

async function seesOnlyText(place: Place, page: Page, path: string): Promise<void> {
  await page.goto(place.at(path))
  await settled(page)
  await page.getByText('ran()').first().waitFor()
  expect(await page.locator(ARMED).count(), path).toBe(0)
  expect(place.faults, path).toEqual([])
}

/** Opens the records of a step with their values, as somebody with a reason does. */
async function reveal(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show values…' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('Looks odd')
  await page.getByRole('dialog').getByRole('button', { name: 'Show them' }).click()
  await page.getByRole('button', { name: 'Hide values' }).waitFor()
  await page.getByText('ran()').first().waitFor()
  expect(await page.locator(ARMED).count()).toBe(0)
}

export function hostileRemotes(at: () => Place): void {
  describe('texts of remotes', () => {
    test('in names and refusals are text: in lists, runs, exceptions and histories', async () => {
      const place = at()
      const { fleet } = place
      const page = await place.as('consultant')
      const [name = '', words = ''] = texts(1)
      const { id } = fleet.xero.state.books.contacts.ordered.find(
        (one) => fleet.xero.document(one.id)?.['IsCustomer'] === true,
      )!
      // Xero itself takes no angle brackets in a name; that it gives none is not for us to rely on.
      fleet.xero.spoil(id, { set: { Name: name } })
      fleet.emarsys.addFaults([
        { match: { method: 'PUT', pathPrefix: '/contact' }, kind: 'partial', text: words, keys: [id] },
      ])
      const flow = await fleet.flow({ ...contactsFlow(100), name: `Customers ${texts(2)[0]}` })
      const run = await runOf(fleet, flow)
      const { items } = await fleet.call<{ items: { id: string; businessKey: string }[] }>(
        'GET',
        `/exceptions?run=${run.id}`,
      )
      expect(items.map(({ businessKey }) => businessKey)).toEqual([name])
      for (const path of [
        ...['/flows', '/runs', '/exceptions', `/exceptions/${items[0]!.id}`, `/runs/${run.id}`, `/flows/${flow}`],
        `/records?key=${encodeURIComponent(name)}`,
      ]) {
        await seesOnlyText(place, page, path)
      }
      await seesOnlyText(place, page, `/runs/${run.id}?step=contacts&batch=0`)
      await reveal(page)
      fleet.xero.spoil(id)
    })

    test('in headings and cells of a file, and in events of a hook', async () => {
      const place = at()
      const { fleet } = place
      const page = await place.as('consultant')
      const headings = texts(3)
      const file = [headings, texts(4).slice(0, headings.length)].map((row) => row.map(quoted).join()).join('\n')
      const workspace = `/workspaces/${fleet.workspace}`
      const name = `${texts(5)[0]!.replaceAll('/', '')}.csv`
      const kept = await page.context().request.post(`${place.url}/api/v1${workspace}/files`, {
        params: { name },
        headers: { origin: place.url, 'content-type': 'text/csv' },
        data: Buffer.from(`${file}\n`),
      })
      expect(kept.status(), await kept.text()).toBe(201)
      await seesOnlyText(place, page, '/files')

      const csv = (
        await place.ask(page, 'POST', `${workspace}/connections`, {
          ...{ connector: 'csv', name: 'Files', login: 'none', settings: { place: 'uploads' }, secrets: {} },
        })
      ).body['id']
      const rows = flowOf([node('rows', 'csv.read-rows')], ['start rows'], { name: 'Rows' })
      const { id: reads } = await fleet.call<{ id: string }>('POST', '/flows', rows)
      await fleet.call('PUT', `/flows/${reads}/bindings`, { bindings: { csv } })
      await fleet.call('POST', `/flows/${reads}/publish`, { summary: 'First', revision: 1 })
      await fleet.call('POST', `/flows/${reads}/switch`, { on: true })
      const run = await runOf(fleet, reads)
      await seesOnlyText(place, page, `/runs/${run.id}?step=rows&batch=0`)
      await reveal(page)

      const drawn = flowOf(
        [node('told', 'hook', { kind: 'token', idPath: 'id' }), node('seen', 'map', { expression: '$' })],
        ['told seen'],
      )
      const told = await fleet.flow({ ...drawn, name: 'Told', nodes: drawn.nodes.filter(({ id }) => id !== 'start') })
      const hook = await fleet.hook(told)
      const [id = '', field = '', value = ''] = texts(6)
      const sent = await fetch(hook.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [hook.header ?? '']: hook.secret },
        body: JSON.stringify({ id, [field]: value }),
      })
      expect(sent.ok).toBe(true)
      const { items: hooks } = await fleet.call<{ items: { id: string }[] }>('GET', `/flows/${told}/hooks`)
      const events = `/flows/${told}/hooks/${hooks[0]!.id}/events`
      const { items } = await fleet.call<{ items: { id: string }[] }>('GET', events)
      await seesOnlyText(place, page, `/flows/${told}?tab=hooks&hook=${hooks[0]!.id}&event=${items[0]!.id}`)
    })
  })
}
