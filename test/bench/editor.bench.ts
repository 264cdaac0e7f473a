import type { Page } from 'playwright-core'
import type { Flow } from '../../server/flow/document/flow.ts'
import { id, ordinary, WORKSPACE } from '../editor/support/scene.ts'
import { openStage } from '../editor/support/stage.ts'
import { openBrowser } from '../support/browser.ts'

// The canvas in a real browser: how long a flow takes to open, frames while it is dragged and panned, and how long a step
// with 5 MB of output keeps whoever types waiting. The page of a run of 1,000 batches: opening, scrolling, filtering.
// `node test/bench/editor.bench.ts`

const ADDRESS = `/w/${WORKSPACE}/flows/${id(2, 1)}/edit`
const MAXIMA = { openMs: 1000, openLargeMs: 3000, frameP95Ms: 25, leastFps: 55, blockedMs: 100 }

/** Chains of ten steps, side by side, each a read, pure steps and a write. */
function flowOf(count: number): Flow {
  const base = ordinary().document
  const nodes: Flow['nodes'] = [{ id: 'start', operation: 'manual', name: 'By hand', settings: {} }]
  const edges: Flow['edges'] = []
  const places: { [id: string]: { x: number; y: number } } = { start: { x: 0, y: 0 } }
  for (let number = 1; number < count; number++) {
    const [chain, place] = [Math.floor((number - 1) / 10), (number - 1) % 10]
    const name = `s${number}`
    const operation =
      place === 0 ? 'xero.list-invoices' : place === 9 ? 'emarsys.sales-data' : place % 3 === 0 ? 'filter' : 'map'
    const settings = operation === 'map' ? { expression: '$' } : operation === 'filter' ? { condition: 'true' } : {}
    nodes.push({
      id: name,
      operation,
      name: `Step ${number}`,
      settings,
      ...(operation.startsWith('xero')
        ? { slot: 'ledger' }
        : operation.startsWith('emarsys')
          ? { slot: 'engagement' }
          : {}),
    })
    places[name] = { x: (place + 1) * 340, y: chain * 160 }
    edges.push({ id: `e${number}`, from: place === 0 ? 'start' : `s${number - 1}`, port: 'out', to: name, input: 'in' })
  }
  return { ...base, nodes, edges, layout: { nodes: places } }
}

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.floor((sorted.length - 1) * part)] ?? 0

/** Times between frames while `work` moves the pointer. */
async function frames(page: Page, work: () => Promise<void>): Promise<{ fps: number; p95: number; count: number }> {
  await page.evaluate(() => {
    const times: number[] = []
    Reflect.set(window, 'frames_', times)
    const tick = (at: number) => {
      times.push(at)
      if (Reflect.get(window, 'frames_') === times) requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  })
  await work()
  const times = await page.evaluate(() => {
    const taken = Reflect.get(window, 'frames_') as number[]
    Reflect.set(window, 'frames_', undefined)
    return taken
  })
  const gaps = times
    .slice(1)
    .map((at, place) => at - (times[place] ?? at))
    .sort((a, b) => a - b)
  return { fps: 1000 / percentile(gaps, 0.5), p95: percentile(gaps, 0.95), count: gaps.length }
}

async function openingMs(page: Page, address: string): Promise<number> {
  const from = performance.now()
  await page.goto(address)
  await page.locator('.react-flow__node').first().waitFor()
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  return performance.now() - from
}

/** One record of 5 MB, as a report with many rows and a long text. */
const heavy = (): { [name: string]: unknown } => ({
  report: 'R-1',
  text: 'x'.repeat(1_000_000),
  rows: Array.from({ length: 25_000 }, (_, row) => ({
    id: row,
    name: `Row ${row} of a report that has a great many of them`,
    amount: row / 100,
    open: row % 2 === 0,
    tags: ['a', 'b', 'c'],
    account: { code: String(row % 999), title: 'Sales of goods and services' },
  })),
})

/** The longest that the page did not answer while `work` went on. */
async function longestBlocked(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const tasks: number[] = [0]
    Reflect.set(window, 'tasks_', tasks)
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      entryTypes: ['longtask'],
    })
  })
  await work()
  return page.evaluate(() => Math.max(...(Reflect.get(window, 'tasks_') as number[])))
}

const results: { [what: string]: number } = {}
const scene = { ...ordinary(), document: flowOf(150) }
const stage = await openStage(scene)
const browser = await openBrowser()
try {
  // A profile of its own for each part: unsent work of one flow would be restored into the next.
  const profile = async () => (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  let page = await profile()
  await page.goto(`${stage.address}${ADDRESS}`)
  await page.locator('.react-flow__node').first().waitFor()
  const opens: number[] = []
  for (let time = 0; time < 5; time++) opens.push(await openingMs(page, `${stage.address}${ADDRESS}`))
  results['150 steps, open warm, ms'] = percentile(
    opens.sort((a, b) => a - b),
    0.5,
  )
  const frame = await page.locator('.react-flow').boundingBox()
  if (!frame) throw new Error('no canvas')
  const centre = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 }
  const pan = await frames(page, async () => {
    await page.mouse.move(centre.x, frame.y + 20)
    await page.mouse.down()
    for (let move = 0; move < 120; move++)
      await page.mouse.move(centre.x + 3 * move * (move % 2 ? 1 : -1) * 0.5, frame.y + 20 + move)
    await page.mouse.up()
  })
  const node = await page.locator('.react-flow__node').nth(40).boundingBox()
  if (!node) throw new Error('no step')
  const drag = await frames(page, async () => {
    await page.mouse.move(node.x + node.width / 2, node.y + node.height / 2)
    await page.mouse.down()
    for (let move = 0; move < 120; move++)
      await page.mouse.move(node.x + node.width / 2 + 2 * move, node.y + node.height / 2 + move)
    await page.mouse.up()
  })
  results['150 steps, pan, frames/s median'] = pan.fps
  results['150 steps, pan, p95 frame ms'] = pan.p95
  results['150 steps, drag, frames/s median'] = drag.fps
  results['150 steps, drag, p95 frame ms'] = drag.p95

  stage.scene = { ...ordinary(), document: flowOf(500) }
  page = await profile()
  await page.goto(`${stage.address}/sign-in`)
  results['500 steps, open, ms'] = await openingMs(page, `${stage.address}${ADDRESS}`)

  const long = ordinary()
  Object.assign(long.runs.find((one) => one.id === id(3, 2)) ?? {}, { batches: 1_000 })
  stage.scene = long
  page = await profile()
  await page.goto(`${stage.address}/w/${WORKSPACE}/runs`)
  await page.getByRole('heading', { name: 'Runs' }).waitFor()
  const began = performance.now()
  await page.evaluate((to) => history.pushState({}, '', to), `/w/${WORKSPACE}/runs/${id(3, 2)}`)
  const bars = page.getByRole('region', { name: '1,000 batches over time' })
  await bars.getByText('Batch 3', { exact: true }).waitFor()
  results['run of 1,000 batches, open, ms'] = performance.now() - began
  const box = await bars.boundingBox()
  if (!box) throw new Error('no bars')
  const scroll = await frames(page, async () => {
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    for (let move = 0; move < 120; move++) await page.mouse.wheel(0, 180)
  })
  results['run of 1,000 batches, scroll, p95 frame ms'] = scroll.p95
  results['run of 1,000 batches, filter, longest block, ms'] = await longestBlocked(page, async () => {
    await page.getByLabel('Only failed or retried').check()
    await page.getByRole('region', { name: '143 batches over time' }).waitFor()
    await page.getByLabel('Only failed or retried').uncheck()
    await bars.waitFor()
  })

  const record = heavy()
  results['one record, MB'] = JSON.stringify(record).length / 1_000_000
  stage.scene = { ...ordinary(), records: [record] }
  page = await profile()
  await page.goto(`${stage.address}${ADDRESS}?step=sales`)
  await page.getByRole('tab', { name: 'Output' }).waitFor()
  results['5 MB of output, longest block, ms'] = await longestBlocked(page, async () => {
    await page.getByRole('tab', { name: 'Output' }).click()
    await page.getByText('report', { exact: true }).first().waitFor()
    await page.getByText('Records', { exact: true }).click()
    await page.getByText('rows', { exact: true }).first().click()
    await page.getByText('Show 100 more').waitFor()
    await page.getByRole('tab', { name: 'Settings' }).click()
    await page.getByLabel('Remark').pressSequentially('typed while it is there')
  })
} finally {
  for (const [what, value] of Object.entries(results)) process.stdout.write(`${what.padEnd(50)} ${value.toFixed(1)}\n`)
  await browser.close()
  await stage.close()
}
const bad = [
  (results['150 steps, open warm, ms'] ?? 0) > MAXIMA.openMs && 'opening 150 steps',
  (results['500 steps, open, ms'] ?? 0) > MAXIMA.openLargeMs && 'opening 500 steps',
  Math.max(results['150 steps, pan, p95 frame ms'] ?? 0, results['150 steps, drag, p95 frame ms'] ?? 0) >
    MAXIMA.frameP95Ms && 'frames',
  Math.min(results['150 steps, pan, frames/s median'] ?? 0, results['150 steps, drag, frames/s median'] ?? 0) <
    MAXIMA.leastFps && 'frames a second',
  (results['5 MB of output, longest block, ms'] ?? 0) > MAXIMA.blockedMs && 'a step with 5 MB of output',
  (results['run of 1,000 batches, open, ms'] ?? 0) > MAXIMA.openMs && 'opening a run of 1,000 batches',
  (results['run of 1,000 batches, scroll, p95 frame ms'] ?? 0) > MAXIMA.frameP95Ms && 'scrolling 1,000 batches',
  (results['run of 1,000 batches, filter, longest block, ms'] ?? 0) > MAXIMA.blockedMs && 'filtering 1,000 batches',
].filter(Boolean)
if (bad.length > 0) process.stdout.write(`Too slow: ${bad.join(', ')}\n`)
process.exitCode = bad.length > 0 ? 1 : 0
