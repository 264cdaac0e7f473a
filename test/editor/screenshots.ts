import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openBrowser } from '../support/browser.ts'
import { OUTSIDE, PAGES, STATES } from './support/places.ts'
import { empty, failing, ordinary, type Scene } from './support/scene.ts'
import { openStage } from './support/stage.ts'

// Pictures of every page, state, theme and width, for eyes: `node test/editor/screenshots.ts [part of a name]`.

const FOLDER = join(import.meta.dirname, '../screenshots')
const WIDTHS = [1440, 390]
const only = process.argv[2] ?? ''

const shots: { name: string; address: string; scene: () => Scene }[] = [
  ...Object.entries(PAGES).map(([name, address]) => ({ name, address, scene: ordinary })),
  ...Object.entries(OUTSIDE).map(([name, address]) => ({
    name,
    address,
    scene: () => ({ ...ordinary(), signedIn: false, setUp: !name.startsWith('set-up') }),
  })),
  ...Object.entries(STATES).flatMap(([state, { scene, pages }]) =>
    pages.map((name) => ({ name: `${name}--${state}`, address: PAGES[name] ?? '/', scene })),
  ),
  // What else there is without anything in it, and when nothing is answered: its name begins with “~”.
  ...Object.entries(PAGES).flatMap(([name, address]) =>
    Object.entries({ empty, failing })
      .filter(([state]) => !STATES[state]?.pages.includes(name))
      .map(([state, scene]) => ({ name: `~${name}--${state}`, address, scene })),
  ),
].filter((shot) => shot.name.includes(only))

if (only === '') rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const stage = await openStage(ordinary())
const browser = await openBrowser()
try {
  for (const theme of ['light', 'dark'] as const) {
    for (const width of WIDTHS) {
      const context = await browser.newContext({
        colorScheme: theme,
        viewport: { width, height: width > 800 ? 900 : 844 },
      })
      const page = await context.newPage()
      await page.addInitScript(() => {
        if (location.protocol !== 'http:') return
        localStorage.clear()
        sessionStorage.clear()
      })
      for (const shot of shots) {
        // Their parts stand in other pictures, in every look: two looks of four are enough for them.
        if (shot.name.startsWith('~') && (theme === 'dark') !== (width === 390)) continue
        // The page before goes first, and what it remembers: another secret behind “#” alone would load nothing anew.
        await page.goto('about:blank')
        stage.scene = shot.scene()
        await page.goto(`${stage.address}${shot.address}`)
        await page.waitForLoadState('networkidle')
        // What sticks to the top would stand in the middle of a picture of a scrolled page.
        await page.evaluate(() => window.scrollTo(0, 0))
        await page.screenshot({ path: join(FOLDER, `${shot.name}.${width}.${theme}.png`), fullPage: true })
      }
      await context.close()
    }
  }
} finally {
  await browser.close()
  await stage.close()
}
process.stdout.write(`${shots.length} pages and states in test/screenshots\n`)
