import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const DIST = join(import.meta.dirname, '../../editor/dist')
const html = readFileSync(join(DIST, 'index.html'), 'utf8')
const files = (pattern: RegExp): string[] =>
  [...html.matchAll(pattern)].flatMap(([, address]) => (address ? [address] : []))

/** What stands in index.html and what those files import at once, however deep. */
function firstLoad(): { scripts: Set<string>; styles: string[] } {
  const scripts = new Set<string>()
  const open = files(/<(?:script|link)[^>]+(?:src|href)="([^"]+\.js)"/g)
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (scripts.has(file)) continue
    scripts.add(file)
    const source = readFileSync(join(DIST, file), 'utf8')
    for (const [, found] of source.matchAll(/(?:^|[;}\n])\s*(?:import|export)[^;'"()]*?["']\.\/([\w.-]+\.js)["']/g)) {
      open.push(`/assets/${found}`)
    }
  }
  return { scripts, styles: files(/<link[^>]+href="([^"]+\.css)"/g) }
}

const zipped = (list: Iterable<string>): number =>
  [...list].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file))).length, 0)

test('the first load stays within 260 kB of scripts and 40 kB of styles, zipped', () => {
  const { scripts, styles } = firstLoad()
  expect(scripts.size).toBeGreaterThan(2)
  expect(zipped(scripts)).toBeLessThanOrEqual(260_000)
  expect(zipped(styles)).toBeLessThanOrEqual(40_000)
  // Smaller than this, the sum has missed what is loaded.
  expect(zipped(scripts)).toBeGreaterThan(100_000)
})

test('nothing heavy and no page is loaded before somebody asks for it', () => {
  const { scripts } = firstLoad()
  const names = [...scripts].join('\n')
  for (const heavy of [
    'elk',
    'codemirror',
    'jsonata',
    'uplot',
    'xyflow',
    'Flow-',
    'Run-',
    'Connection-',
    'Settings-',
  ]) {
    expect(names).not.toContain(heavy)
  }
})

// Signs that each of them leaves in what is built, whatever the file is called.
const HEAVY = {
  'the layout (elk)': 'org.eclipse.elk',
  'the code editor (CodeMirror)': 'cm-content',
  'the canvas (React Flow)': 'react-flow__viewport',
  'the parser (JSONata)': 'S0201',
} as const

test.each(Object.entries(HEAVY))('%s is in files of its own, loaded when it is needed', (_name, sign) => {
  const assets = readdirSync(join(DIST, 'assets')).filter((file) => file.endsWith('.js'))
  const holders = assets.filter((file) => readFileSync(join(DIST, 'assets', file), 'utf8').includes(sign))
  expect(holders).not.toEqual([])
  const { scripts } = firstLoad()
  expect(holders.filter((file) => scripts.has(`/assets/${file}`))).toEqual([])
})

test('the page has no script of its own in it, so that the policy can forbid them all', () => {
  expect(html).not.toMatch(/<script(?![^>]+src=)/)
  expect(html).not.toMatch(/\son\w+=/)
  expect(html).not.toContain('<style')
})

test('what the first page loads comes from this server', () => {
  for (const address of files(/(?:src|href)="([^"]+)"/g)) expect(address).toMatch(/^\/[^/]/)
})
