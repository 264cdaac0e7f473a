import { describe, expect, test } from 'vitest'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { flowView, id, ordinary, WORKSPACE } from '../support/scene.ts'
import { drag, middle, step } from '../support/hand.ts'
import { visits } from '../support/visits.ts'

const { visit, stage } = visits()
const address = `/w/${WORKSPACE}/flows/${id(2, 1)}/edit`
const saved = () =>
  stage()
    .asked.filter(({ call }) => call.startsWith('PUT'))
    .at(-1)?.body

describe('the editor', () => {
  test('opens a step from its address, changes it, and saves by itself', async () => {
    const page = await visit(`${address}?step=paid`)
    await page.getByRole('region', { name: 'Step Only paid ones' }).waitFor()
    await page.getByLabel('Name of the step').fill('Paid ones')
    await page.locator('[data-save="saved"]').waitFor()
    expect(saved()).toMatchObject({ nodes: expect.arrayContaining([expect.objectContaining({ name: 'Paid ones' })]) })
    await page.keyboard.press('Control+z')
    await page.getByText('Undone: rename “Only paid ones”.').waitFor()
  })

  test('a key adds behind the selected step, Delete heals, the way back leads to the start', async () => {
    const page = await visit(address)
    await page.locator('.react-flow__node[data-id="paid"]').focus()
    await page.keyboard.press('n')
    await page.getByRole('combobox', { name: 'Add a step' }).fill('split')
    await page.keyboard.press('Enter')
    await page.locator('.react-flow__node[data-id="split"]:focus').waitFor()
    await page.locator('.react-flow__node[data-id="contacts"]').focus()
    await page.keyboard.press('Delete')
    await page.getByText('Done: delete “Write contacts”.').waitFor()
    await page.locator('[data-save="saved"]').waitFor()
    expect(saved()).toMatchObject({
      edges: expect.arrayContaining([expect.objectContaining({ from: 'paid', port: 'out', to: 'rows' })]),
    })
    for (const _step of ['delete', 'add']) await page.keyboard.press('Control+z')
    await page.getByRole('button', { name: 'Nothing to undo' }).waitFor()
    expect(await page.locator('.react-flow__node').count()).toBe(6)
  })

  test('an empty flow asks when it should start', async () => {
    const scene = ordinary()
    scene.document = { ...scene.document, nodes: [], edges: [], slots: {} }
    scene.flows = [flowView(1, { liveVersion: null })]
    const page = await visit(address, scene)
    await page.getByRole('button', { name: /^By hand/ }).click()
    await page.locator('.react-flow__node[data-id="manual"]').waitFor()
  })

  test('tests the draft up to the selected step, and a step alone, without sending', async () => {
    const scene = ordinary()
    const [kept] = scene.batches
    scene.batches = ['invoices', 'paid'].map((node) => ({ ...kept!, node, counts: {}, payloads: ['in', 'out:out'] }))
    const page = await visit(`${address}?step=paid`, scene)
    const asked = () =>
      stage()
        .asked.filter(({ call }) => call.endsWith('/dry-run'))
        .at(-1)?.body
    await page.getByRole('button', { name: 'Test…' }).click()
    await page.getByRole('dialog').getByText('Test up to “Only paid ones” without sending?').waitFor()
    await page.getByRole('button', { name: 'Test the draft' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(asked()).toEqual({ of: 'draft', firstPage: true, step: 'paid' })
    expect(new URL(page.url()).searchParams.get('tab')).toBe('output')
    // What came of it is the sample now.
    expect(new URL(page.url()).searchParams.get('sample')).toBe(id(3, 2))

    await page.getByRole('tab', { name: 'Input' }).click()
    await page.getByRole('button', { name: 'Write records by hand…' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Records' }).fill('[{ "Status": "PAID" }, 7]')
    await page.getByText('Record 2 is no object').waitFor()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Records' }).fill('[{ "Status": "PAID" }]')
    await page.getByRole('button', { name: 'Pin them' }).click()
    await page.getByText('1 record pinned by Jana Weiss').waitFor()
    expect(scene.samples).toMatchObject([{ node: 'paid', inputs: { in: [{ Status: 'PAID' }] } }])
    await page.getByRole('tab', { name: 'Output' }).click()

    await page.getByRole('button', { name: /^Test this step with/ }).click()
    await page.getByRole('region', { name: /^By “/ }).first().waitFor()
    expect(asked()).toMatchObject({ of: 'draft', step: 'paid', records: { in: expect.any(Array) } })
  })
})

describe('what others have', () => {
  test('several of what the other system has are chosen by name, or typed, and taken out again', async () => {
    const scene = ordinary()
    scene.catalog = {
      ...scene.catalog,
      operations: scene.catalog.operations.map((one) =>
        one.id === 'xero.list-invoices'
          ? {
              ...one,
              settings: {
                type: 'object',
                properties: {
                  accounts: {
                    type: 'array',
                    title: 'Accounts',
                    items: { type: 'string', title: 'Account', 'x-options': 'accounts' },
                  },
                },
              },
            }
          : one,
      ),
    }
    const page = await visit(`${address}?step=invoices`, scene)
    const chosen = () => stage().scene.document.nodes.find((node) => node.id === 'invoices')?.settings['accounts']
    const add = page.getByRole('combobox', { name: /^Accounts/ })
    await add.click()
    await page.getByRole('option', { name: 'Other revenue 260' }).click()
    await add.fill('999')
    await add.press('Enter')
    await page.getByRole('button', { name: 'Remove 999' }).waitFor()
    await page.getByRole('button', { name: 'Remove Other revenue' }).waitFor()
    await expect.poll(chosen).toEqual(['260', '999'])
    await page.getByRole('button', { name: 'Remove 999' }).click()
    await expect.poll(chosen).toEqual(['260'])
  })

  test('steps are grouped in a frame that moves, folds and is named, and by lists in the outline', async () => {
    const page = await visit(address)
    const places = () => (saved() as { layout: { nodes: { [id: string]: { x: number; y: number } } } }).layout.nodes
    await page.getByRole('button', { name: 'Show the whole flow' }).click()
    await step(page, 'paid').click()
    await step(page, 'contacts').click({ modifiers: ['Shift'] })
    await page.keyboard.press('Control+g')
    const frame = page.locator('.react-flow__node-frame')
    await page.getByText('Done: group 2 steps.').waitFor()
    await page.keyboard.press('F2')
    await page.getByLabel('Name of the group').fill('Who has paid')
    await page.keyboard.press('Enter')
    await page.locator('[data-save="saved"]').waitFor()
    expect(saved()).toMatchObject({ layout: { groups: [{ title: 'Who has paid', nodes: ['paid', 'contacts'] }] } })

    // Its name moves all of it; what stands outside stays.
    const before = places()
    const head = page.locator('[data-group-head] bdi')
    const box = await head.boundingBox()
    if (!box) throw new Error('no frame')
    await drag(page, head, { x: box.x + box.width / 2, y: box.y + 150 })
    await expect.poll(() => places()['paid']?.y).toBeGreaterThan(before['paid']?.y ?? 0)
    const after = places()
    expect((after['contacts']?.y ?? 0) - (before['contacts']?.y ?? 0)).toBe(
      (after['paid']?.y ?? 0) - (before['paid']?.y ?? 0),
    )
    expect(after['rows']).toEqual(before['rows'])

    await page.getByRole('button', { name: 'Fold the group Who has paid' }).click()
    await step(page, 'paid').waitFor({ state: 'detached' })
    // Lines to what is inside lead to the box; what is found inside opens it again.
    await page.getByRole('group', { name: 'Line from Read invoices to Only paid ones' }).waitFor({ state: 'attached' })
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('write contacts')
    await page.keyboard.press('Enter')
    await step(page, 'paid').waitFor()
    await page.getByRole('button', { name: 'Close the step' }).click()

    await page.getByRole('button', { name: 'Show the outline' }).click()
    const list = page.getByRole('region', { name: 'Group Who has paid' })
    await list.getByLabel('Put a step into Who has paid').selectOption('One row per line')
    await list.getByRole('button', { name: 'Take Only paid ones out of Who has paid' }).click()
    await page.locator('[data-save="saved"]').waitFor()
    expect(saved()).toMatchObject({ layout: { groups: [{ nodes: ['contacts', 'rows'] }] } })
    await list.getByRole('button', { name: 'Ungroup' }).click()
    await list.waitFor({ state: 'detached' })
    for (let back = 0; back < 10; back++) {
      if (await page.getByRole('button', { name: 'Nothing to undo' }).isVisible()) break
      await page.keyboard.press('Control+z')
    }
    await page.locator('[data-save="saved"]').waitFor()
    expect(saved()).not.toHaveProperty('layout.groups')
    await expect(frame.count()).resolves.toBe(0)
  })

  test('a step dropped on a line goes into it: one that stood alone, and one from the palette', async () => {
    const scene = ordinary()
    const lone = { id: 'lone', operation: 'map', name: 'Alone', settings: { expression: '$' } }
    const places = Object.fromEntries(scene.document.nodes.map(({ id: node }, at) => [node, { x: at * 340, y: 0 }]))
    scene.document = {
      ...scene.document,
      nodes: [...scene.document.nodes, lone],
      layout: { nodes: { ...places, lone: { x: 500, y: 300 } } },
    }
    const page = await visit(`${address}?panel=add`, scene)
    const edges = () => (saved() as Flow | undefined)?.edges.map(({ from, to }) => `${from}>${to}`)
    const onto = async (name: string) => {
      const [path] = await page.getByRole('group', { name }).locator('.react-flow__edge-path').all()
      if (path === undefined) throw new Error(`no ${name}`)
      return middle(path)
    }
    await step(page, 'lone').waitFor()
    await drag(
      page,
      step(page, 'lone').locator('[data-step-name]'),
      await onto('Line from Read invoices to Only paid ones'),
    )
    await expect.poll(edges).toEqual(expect.arrayContaining(['invoices>lone', 'lone>paid']))
    expect(edges()).not.toContain('invoices>paid')
    const canvas = page.locator('.react-flow__pane')
    const box = await canvas.boundingBox()
    const there = await onto('Line from Write contacts to One row per line')
    const targetPosition = { x: there.x - (box?.x ?? 0), y: there.y - (box?.y ?? 0) }
    await page.locator('[data-operation="split"]').first().dragTo(canvas, { targetPosition, force: true })
    await expect.poll(edges).toEqual(expect.arrayContaining(['contacts>split', 'split>rows']))
  })

  test('what is done by dragging is done by clicks as well; tidying up is one step of the way back', async () => {
    const page = await visit(`${address}?step=paid`)
    const layout = () => (saved() as Flow | undefined)?.layout
    const click = (name: string) => page.getByRole('button', { name, exact: true }).click()
    // A line: for dragging from handle to handle.
    await page.getByRole('button', { name: 'More to do with this step' }).click()
    await page.getByRole('menuitem', { name: 'Connect to…' }).click()
    await page.getByRole('combobox', { name: 'Which records' }).click()
    await page.getByRole('option', { name: 'does not fit' }).click()
    await page.getByRole('combobox', { name: 'Lead them to' }).click()
    await page.getByRole('option', { name: 'One row per line' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Connect' }).click()
    await page.locator('[data-save="saved"]').waitFor()
    expect(saved()).toMatchObject({
      edges: expect.arrayContaining([expect.objectContaining({ from: 'paid', to: 'rows' })]),
    })
    // The edge of the panel.
    const edge = page.getByRole('separator', { name: 'Width of the step' })
    const width = Number(await edge.getAttribute('aria-valuenow'))
    await edge.click()
    expect(Number(await edge.getAttribute('aria-valuenow'))).toBeGreaterThan(width)
    await click('Close the step')
    // A place.
    const { x, y } = layout()?.nodes['paid'] ?? { x: 0, y: 0 }
    for (const way of ['down', 'down', 'to the right', 'up']) await click(`Move ${way}`)
    await expect.poll(() => layout()?.nodes['paid']).toEqual({ x: x + 20, y: y + 20 })
    // The size of a note.
    await click('Add a note')
    await page.getByRole('textbox', { name: 'Note' }).fill('Ask **Jana**')
    await page.keyboard.press('Escape')
    await page.locator('.react-flow__node-note b', { hasText: 'Jana' }).waitFor()
    await click('Larger')
    await expect.poll(() => layout()?.notes).toMatchObject([{ text: 'Ask **Jana**', width: 280, height: 160 }])

    // Nothing covers anything afterwards, branches keep their order, and one step back has the old places.
    const before = layout()?.nodes
    await page.locator('.react-flow__pane').click({ position: { x: 300, y: 30 } })
    await click('Tidy up')
    await page.getByText('Tidied up. One step back undoes it.').waitFor()
    await expect.poll(() => layout()?.nodes).not.toEqual(before)
    const boxes = Object.values(layout()?.nodes ?? {})
    for (const [at, box] of boxes.entries()) {
      for (const other of boxes.slice(at + 1)) {
        expect(Math.abs(box.x - other.x) >= 240 || Math.abs(box.y - other.y) >= 72).toBe(true)
      }
    }
    await page.keyboard.press('Control+z')
    await expect.poll(() => layout()?.nodes).toEqual(before)
    // Where one looked, and that the small picture is off, is remembered.
    await click('More')
    await page.getByRole('menuitem', { name: 'Small picture' }).click()
    await page.locator('.react-flow__minimap').waitFor({ state: 'detached' })
    await click('Zoom in')
    const viewport = page.locator('.react-flow__viewport')
    const scale = (style: string | null): string | undefined => style?.match(/scale\(([\d.]{4})/)?.[1]
    const seen = await viewport.getAttribute('style')
    // A moment after the last movement: nobody is kept from moving on.
    const remembered = () => page.evaluate(() => Object.values(localStorage).join(' '))
    await expect.poll(remembered).toContain(` ${scale(seen)}`)
    await page.reload()
    await viewport.waitFor()
    expect(scale(await viewport.getAttribute('style'))).toBe(scale(seen))
    expect(await page.locator('.react-flow__minimap').count()).toBe(0)
  })

  test('a version that somebody else published meanwhile is told, with the way to compare', async () => {
    const page = await visit(address)
    await page.getByText('Live: version 4').waitFor()
    const { scene } = stage()
    scene.flows = scene.flows.map((one) => (one.id === id(2, 1) ? { ...one, liveVersion: 5 } : one))
    const [newest] = scene.versions
    if (newest)
      scene.versions = [{ ...newest, number: 5, author: 'Ben Ito', summary: 'New tax rates' }, ...scene.versions]
    await page.evaluate(() => window.dispatchEvent(new Event('focus')))
    await page.getByText('Ben Ito published version 5: New tax rates').waitFor()
    await page.getByRole('link', { name: 'Compare with the draft' }).click()
    await page.waitForURL(/compare\?a=.*5/)
  })
})
