import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { permissionsOf } from '../../../server/api/http/permissions.ts'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { saved } from '../support/hand.ts'
import { flowView, id, ordinary, type Scene, WORKSPACE } from '../support/scene.ts'
import { visits } from '../support/visits.ts'

// The editor when something is not as it should be: nothing that was typed may be lost, and what is wrong has to be said.

const { visit, stage } = visits()
const address = `/w/${WORKSPACE}/flows/${id(2, 1)}/edit`
/** Comes back to the window. */
const back = (page: Page) => page.evaluate(() => window.dispatchEvent(new Event('focus')))
const kept = () => stage().scene.document
const nameOf = (step: string) => kept().nodes.find((node) => node.id === step)?.name
const withStep = (step: string, change: Partial<Flow['nodes'][number]>): Scene => {
  const scene = ordinary()
  const nodes = scene.document.nodes.map((node) => (node.id === step ? { ...node, ...change } : node))
  return { ...scene, document: { ...scene.document, nodes } }
}
const paste = (page: Page, text: string) =>
  page.evaluate((given) => {
    const data = new DataTransfer()
    data.setData('text/plain', given)
    window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, cancelable: true }))
  }, text)

/** The session has ended between typing and sending: what the page asks by itself now and then must not find out before. */
async function typedWithoutSession(): Promise<Page> {
  const page = await visit(`${address}?step=paid`)
  await saved(page)
  await page.route('**/draft', (route) => {
    if (route.request().method() === 'PUT') stage().scene.signedIn = false
    return route.continue()
  })
  await page.getByLabel('Name of the step').fill('Typed without a session')
  return page
}

describe('what was typed is not lost', () => {
  test('when the server goes away: it is said, and sent when the server is back', async () => {
    const page = await visit(`${address}?step=paid`)
    await saved(page)
    await page.route('**/api/**', (route) => route.abort('connectionrefused'))
    await page.getByLabel('Name of the step').fill('Typed while nobody listened')
    await page.getByText('Offline: kept in this browser').waitFor()
    await page.getByLabel('Name of the step').fill('Typed while nobody listened, and more')
    await page.unroute('**/api/**')
    await saved(page)
    expect(nameOf('paid')).toBe('Typed while nobody listened, and more')
  })

  test('when the session ends: one signs in and goes on where one was', async () => {
    const page = await typedWithoutSession()
    const again = page.getByRole('dialog', { name: 'Your session has ended' })
    await again.getByText('Sign in as jana@nordwind.example').waitFor()
    expect(nameOf('paid')).toBe('Only paid ones')
    await page.unroute('**/draft')
    await again.locator('input[type=password]').fill('correct horse battery')
    await again.getByRole('button', { name: 'Sign in', exact: true }).click()
    await again.waitFor({ state: 'detached' })
    expect(await page.getByLabel('Name of the step').inputValue()).toBe('Typed without a session')
    await saved(page)
    expect(nameOf('paid')).toBe('Typed without a session')
  })

  test('when somebody else signs in beside the page, it is sent as nobody else, and the page begins anew', async () => {
    const page = await visit(`${address}?step=paid`)
    await saved(page)
    const meant: (string | undefined)[] = []
    await page.route('**/draft', (route) => {
      if (route.request().method() === 'PUT') meant.push(route.request().headers()['x-tieline-person'])
      return route.continue()
    })
    await page.getByLabel('Name of the step').fill('Typed by Jana')
    await expect.poll(() => meant).toEqual([id(10, 1)])
    await saved(page)
    await page.route('**/api/v1/me', async (route) => {
      const answer = await route.fetch()
      const me = await answer.json()
      return route.fulfill({
        response: answer,
        json: { ...me, user: { ...me.user, id: id(10, 9), name: 'Otto Beside' } },
      })
    })
    await page.getByRole('button', { name: /^You: Jana Weiss/ }).click()
    await page.getByText('Compact', { exact: true }).click()
    await page.getByRole('button', { name: /^You: Otto Beside/ }).waitFor()
    expect(new URL(page.url()).pathname).not.toContain('/edit')
  })

  test('when the session ends and one leaves, what was typed waits in this browser', async () => {
    const page = await typedWithoutSession()
    await page.getByRole('button', { name: 'Leave this page' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(nameOf('paid')).toBe('Only paid ones')
    await page.unroute('**/draft')
    await page.getByLabel('E-mail').fill('jana@example.com')
    await page.locator('input[type=password]').fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('restored from this browser').waitFor()
    expect(new URL(page.url()).searchParams.get('step')).toBe('paid')
    expect(await page.getByLabel('Name of the step').inputValue()).toBe('Typed without a session')
    await saved(page)
    expect(nameOf('paid')).toBe('Typed without a session')
  })
})

describe('what the flow refers to and is not there', () => {
  test('an operation that this installation does not have is named, kept as it is, and can be replaced', async () => {
    const page = await visit(`${address}?step=rows`, withStep('rows', { operation: 'shop.gone' }))
    const panel = page.getByRole('region', { name: /^Step / })
    await panel.getByText('This installation has no operation “shop.gone”').waitFor()
    await panel.getByText('LineItems.{').waitFor()
    await page.getByRole('button', { name: /^Problems: [1-9]/ }).waitFor()
    await page.getByLabel('Name of the step').fill('Still here')
    await saved(page)
    expect(kept().nodes.find((node) => node.id === 'rows')).toMatchObject({
      operation: 'shop.gone',
      settings: { expression: expect.any(String) },
    })
    await panel.getByRole('button', { name: 'Replace by…' }).click()
    await page.locator('[role="dialog"] [data-operation="map"]').first().click()
    await saved(page)
    expect(kept().nodes.find((node) => node.id === 'rows')?.operation).toBe('map')
    expect(kept().edges).toHaveLength(5)
  })

  test('a connection that was deleted is missed at the account, with the way to choose another', async () => {
    const scene = ordinary()
    const { id: connection, name, state } = scene.connections[1] ?? { id: '', name: '', state: 'ready' as const }
    const stands = scene.bindings
    scene.bindings = stands.map((one) =>
      one.slot === 'engagement' ? { ...one, connection: { id: connection, name, state } } : one,
    )
    const page = await visit(`${address}?step=contacts`, scene)
    await page.getByText(`Here: ${name}`).waitFor()
    await saved(page)
    // Deleted in another window; whoever comes back sees it, and what is wrong with the flow.
    const message = 'Bind the slot “Emarsys” to a connection.'
    stage().scene.bindings = stands
    stage().scene.problems = [{ code: 'SLOT_UNBOUND', severity: 'error', node: 'contacts', message }]
    await page.evaluate(() => window.dispatchEvent(new Event('focus')))
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
    await page.getByText('No connection stands behind it in this workspace yet.').waitFor()
    await page.getByRole('region', { name: 'Step Write contacts' }).getByText(message).waitFor()
    await page.getByRole('link', { name: 'Choose a connection' }).click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(new URL(page.url()).searchParams.get('tab')).toBe('connections')
  })

  test('a flow whose format this page does not know is not opened, so that it cannot be sent back without what is new', async () => {
    const scene = ordinary()
    const page = await visit(address, scene)
    await saved(page)
    // As the answer of a newer server than the one this page came from.
    await page.route('**/draft', async (route) => {
      const answer = await route.fetch()
      const draft = await answer.json()
      await route.fulfill({ response: answer, json: { ...draft, document: { ...draft.document, format: 99 } } })
    })
    await page.reload()
    await page.getByText('It has format 99; this page reads up to 1. Nothing was changed.').waitFor()
    await page.unroute('**/draft')
    await page.getByRole('button', { name: 'Load the page again' }).click()
    await page.getByLabel('Name of the flow').waitFor()
    expect(stage().asked.filter(({ call }) => call.startsWith('PUT'))).toEqual([])
  })

  test('a pasted flow of a newer format, and two megabytes of nonsense, are refused in words and change nothing', async () => {
    const page = await visit(address)
    await saved(page)
    await paste(page, JSON.stringify({ ...kept(), format: 99 }))
    await page.getByText('made by a newer version (format 99)').waitFor()
    await paste(page, `{"format":1,"nodes":"${'x'.repeat(1_900_000)}"}`)
    await page.getByText('made by a newer version').waitFor({ state: 'detached' })
    await paste(page, `{${'x'.repeat(2_000_001)}`)
    await page.getByText('larger than a flow may be').waitFor()
    await page.getByRole('button', { name: 'Nothing to undo' }).waitFor()
    expect(stage().asked.filter(({ call }) => call.startsWith('PUT'))).toEqual([])
  })
})

describe('names that do not fit', () => {
  test('from right to left stand by themselves; one of 500 characters is refused and stays as it was', async () => {
    const page = await visit(`${address}?step=paid`)
    const name = page.getByLabel('Name of the step')
    await name.fill('\u202eפקודות שולמו\u202c (paid)')
    await saved(page)
    expect(nameOf('paid')).toBe('\u202eפקודות שולמו\u202c (paid)')
    // The mark turns round what is inside of its own element, and nothing after it.
    expect(await page.locator('.react-flow__node[data-id="paid"] bdi').textContent()).toContain('שולמו')
    await name.fill('n'.repeat(500))
    await page.getByText('At most 200 characters; this has 500.').waitFor()
    await saved(page)
    expect(nameOf('paid')).toBe('\u202eפקודות שולמו\u202c (paid)')
    await page.getByLabel('Name of the flow').fill('f'.repeat(500))
    await page.getByText('At most 200 characters; this has 500.').waitFor()
    await page.getByLabel('Remark').fill('r'.repeat(3000))
    await page.getByText('A remark has at most 2000 characters; this one has 3000.').waitFor()
    await saved(page)
    expect(kept()).toMatchObject({ name: ordinary().document.name })
    expect(kept().nodes.find((node) => node.id === 'paid')?.note).toBeUndefined()
    await name.fill('n'.repeat(200))
    await saved(page)
    const box = await page.locator('.react-flow__node[data-id="paid"]').boundingBox()
    const text = await page.locator('.react-flow__node[data-id="paid"] bdi').boundingBox()
    expect(text?.height).toBeLessThan(box?.height ?? 0)
    expect(text?.width).toBeLessThan(box?.width ?? 0)
  })

  test('at 200 % everything can be reached: the step, the bar, the outline, and nothing scrolls sideways', async () => {
    // A window of 1440 by 900 at 200 % has this many pixels of CSS.
    const page = await visit(`${address}?step=paid&panel=problems`, ordinary(), { width: 720, height: 450 })
    await saved(page)
    await page.getByLabel('Name of the step').fill('Typed at 200 %')
    await expect.poll(() => nameOf('paid')).toBe('Typed at 200 %')
    await page.getByRole('button', { name: 'Close the step' }).click()
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    for (const name of ['Publish…', 'Show the canvas', 'Find in this flow']) {
      await page.getByRole('button', { name }).click({ trial: true })
    }
    await page.locator('[data-outline="sales"]').click({ trial: true })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(wide).toBe(0)
  })
})

describe('who may edit', () => {
  test('a tab whose right was let go behind its back takes it again; an answer that comes late counts no more', async () => {
    const page = await visit(address)
    await saved(page)
    let free = false
    let late: (() => void) | undefined
    await page.route('**/lease', async (route) => {
      const wish = (route.request().postDataJSON() as { do?: string }).do
      const response = await route.fetch()
      const answer = (await response.json()) as object
      if (wish === 'take') free = false
      if (free) return route.fulfill({ response, json: { ...answer, yours: false, holder: null } })
      if (late !== undefined) return route.fulfill({ response })
      await new Promise<void>((go) => {
        late = go
      })
      return route.fulfill({ response, json: { ...answer, yours: false, holder: null } })
    })
    // Asked before, answered after: the second of the two is what is so.
    await back(page)
    await expect.poll(() => late !== undefined).toBe(true)
    const answered = page.waitForResponse('**/lease')
    await back(page)
    await answered
    const lateAnswer = page.waitForResponse('**/lease')
    late?.()
    await lateAnswer
    await page.getByLabel('Name of the flow').fill('Still mine')
    await saved(page)
    expect(kept().name).toBe('Still mine')
    expect(await page.getByText('Nobody edits this flow').count()).toBe(0)

    free = true
    await back(page)
    await expect.poll(() => free).toBe(false)
    expect(await page.getByText('Nobody edits this flow').count()).toBe(0)
    expect(await page.getByLabel('Name of the flow').getAttribute('readonly')).toBe(null)
  })

  test('while somebody else edits, “Publish…” stays the same button, with the focus, and does nothing', async () => {
    const page = await visit(address)
    await saved(page)
    const publish = page.getByRole('button', { name: 'Publish…' })
    await publish.focus()
    stage().scene.editedBy = 'Tom Okafor'
    await back(page)
    await page.getByText('Tom Okafor edits this flow').waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Publish…')
    expect(await publish.getAttribute('aria-disabled')).toBe('true')
    await page.keyboard.press('Enter')
    delete stage().scene.editedBy
    await back(page)
    await page.getByText('Tom Okafor edits this flow').waitFor({ state: 'detached' })
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Publish…')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: /^Publish/ }).waitFor()
  })
})

describe('somebody whose role changes while they edit', () => {
  const asRole = (scene: Scene, role: 'auditor' | 'consultant') => {
    scene.workspaces = scene.workspaces.map((one) => ({ ...one, role, permissions: permissionsOf(role) }))
    const refusal = { status: 403, code: 'NOT_ALLOWED', title: 'Not allowed', detail: 'The role auditor does not.' }
    scene.refuse = role === 'auditor' ? [{ path: '/draft$', method: 'PUT', ...refusal }] : []
  }

  test('is told that what they did last is kept, also when they open the page anew; it is sent once they may again', async () => {
    const page = await visit(`${address}?step=paid`)
    await saved(page)
    asRole(stage().scene, 'auditor')
    await page.getByLabel('Name of the step').fill('Typed as a consultant')
    const bar = page.getByText('Your last changes are not saved: you see them here, and they are kept in this browser')
    await bar.waitFor()
    expect(await page.getByLabel('Name of the step').inputValue()).toBe('Typed as a consultant')
    expect(await page.getByRole('button', { name: 'Publish…' }).count()).toBe(0)
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export as a file' }).click(),
    ])
    expect(readFileSync(await file.path(), 'utf8')).toContain('Typed as a consultant')
    expect(nameOf('paid')).toBe('Only paid ones')

    page.on('dialog', (asked) => void asked.accept())
    await page.reload()
    await page.getByText('Changes of yours that were never saved are kept in this browser').waitFor()
    expect(await page.getByLabel('Name of the step').inputValue()).toBe('Only paid ones')

    asRole(stage().scene, 'consultant')
    await page.reload()
    await saved(page)
    expect(nameOf('paid')).toBe('Typed as a consultant')
  })

  test('gives the unsent change to the server when the role comes back to the open page', async () => {
    const page = await visit(`${address}?step=paid`)
    await saved(page)
    asRole(stage().scene, 'auditor')
    await page.getByLabel('Name of the step').fill('Typed in between')
    await page.getByText('Your last changes are not saved').waitFor()
    asRole(stage().scene, 'consultant')
    // Who it is is asked anew, as after anything that is refused.
    const refusal = { status: 403, code: 'NOT_ALLOWED', title: 'Not allowed', detail: 'Not with that role.' }
    stage().scene.refuse = [{ path: '/draft/sessions', method: 'GET', ...refusal }]
    await page.getByRole('button', { name: 'History' }).click()
    await expect.poll(() => nameOf('paid')).toBe('Typed in between')
    await saved(page)
    expect(await page.getByText('Your last changes are not saved').count()).toBe(0)
  })
})

describe('restoring a version as the draft', () => {
  test('says who edits the draft at that moment, and takes the pen from nobody', async () => {
    const scene = { ...ordinary(), editedBy: 'Tom Okafor' }
    const page = await visit(`/w/${WORKSPACE}/flows/${id(2, 1)}?tab=versions`, scene)
    await page.getByRole('button', { name: 'Restore as draft: version 3' }).click()
    await page.getByRole('dialog').getByText('Tom Okafor edits this draft just now').waitFor()
    const lease = stage().asked.filter(({ call }) => call.endsWith('/lease'))
    expect(lease.map(({ body }) => body)).toEqual([{ tab: 'only-looks' }])
  })
})

describe('a setting for which an answer stands', () => {
  test('is asked for in one step, found again among the questions, and undone as one', async () => {
    const page = await visit(`${address}?step=start`)
    await page.getByRole('button', { name: /^Every … minutes: fixed/ }).click()
    await page.getByRole('menuitem', { name: 'Ask for it in each flow' }).click()
    await page.getByText('Answered in the settings of each flow.').waitFor()
    await saved(page)
    const [question] = kept().form ?? []
    expect(question).toMatchObject({ type: 'integer', default: 15 })
    expect(kept().nodes[0]?.settings).toMatchObject({ everyMinutes: { $setting: question?.name } })
    await page.getByRole('button', { name: 'All questions' }).click()
    const card = page.getByRole('listitem', { name: question?.title ?? '' })
    await card.getByLabel('Question').fill('How often')
    await page.getByRole('listitem', { name: 'How often' }).getByLabel('Clients may change the answer').check()
    await page.getByRole('listitem', { name: 'How often' }).getByRole('button', { name: 'Remove' }).click()
    await page.getByText('give it a fixed value there first').first().waitFor()
    await saved(page)
    expect(kept().form).toEqual([expect.objectContaining({ title: 'How often', client: true, default: 15 })])
    // What was done to the question, and that it was asked.
    for (let back = 0; back < 2; back++) await page.getByRole('button', { name: /^Undo: / }).click()
    await page.getByRole('button', { name: 'Nothing to undo' }).waitFor()
    await saved(page)
    expect(kept().form).toBeUndefined()
    expect(kept().nodes[0]?.settings).toMatchObject({ everyMinutes: 15 })
  })
})

describe('a step that calls another flow', () => {
  test('chooses it by name, shows what it takes, and lends it the accounts that fit', async () => {
    const scene = ordinary()
    scene.flows = [flowView(1), flowView(2, { name: 'Clean contacts', liveVersion: 4 })]
    // On the stage every version is this one document: here it calls, and it is what is called.
    scene.document = {
      ...scene.document,
      nodes: [
        ...scene.document.nodes,
        { id: 'call', operation: 'sub-flow', name: 'Clean', settings: {} },
        {
          id: 'entry',
          operation: 'entry',
          name: 'Called',
          settings: { title: 'Makes contacts clean', fields: [{ path: 'email', kind: 'text' }] },
        },
      ],
    }
    const page = await visit(`${address}?step=call`, scene)
    await page.getByRole('combobox', { name: /^Flow/ }).click()
    await page.getByRole('option', { name: 'Clean contacts' }).click()
    const contract = page.getByRole('region', { name: 'What the called flow takes and gives' })
    await contract.getByText('Makes contacts clean').waitFor()
    await contract.getByRole('row', { name: /email/ }).waitFor()
    await contract.getByText('It hands nothing back').waitFor()
    await saved(page)
    expect(kept().nodes.find((node) => node.id === 'call')?.settings).toEqual({
      flow: id(2, 2),
      version: 4,
      slots: [
        { inner: 'ledger', outer: 'ledger' },
        { inner: 'engagement', outer: 'engagement' },
      ],
    })
  })
})
