import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Seeing, type SeenLook, seeEveryText, unseen } from '../editor/support/every-text.ts'
import { wideByWords } from '../editor/support/long-words.ts'
import { PAYLOADS } from '../editor/support/hostile.ts'
import { LOOKS, type Look } from '../editor/support/looks.ts'
import { unexplained } from '../editor/support/not-shown.ts'
import { seeTypedTexts } from '../editor/support/typed-texts.ts'
import { openBrowser } from '../support/browser.ts'
import { keepResult } from './results.ts'

// AB-61: the short form (test/editor/browser/hostile-texts.test.ts) has one payload in every field of each look. Here each
// look has a share of them, and each place of each field has all: a place is a part of a page, known by the elements
// around it, which is drawn by the same code wherever it stands. `LOOKS='^desk'` goes through those looks alone, and keeps
// no result; `KEPT=file` goes on where the run before was stopped.

const TITLE = 'each of 150 hostile texts in each place of every text field'
const SHARE = 5
const LANES = 2

const shareOf = (look: Look): readonly string[] => {
  const first = LOOKS.indexOf(look) * SHARE
  return Array.from({ length: SHARE }, (_, at) => PAYLOADS[(first + at) % PAYLOADS.length]!)
}

const tellSince = (began: number) => (line: string) => {
  console.log(`${Math.round((Date.now() - began) / 1_000)} s: ${line}`)
}

/** Looks that have each place once between them, and take as little time as will do: most new places for the time first. */
function covering(
  places: ReadonlyMap<string, readonly string[]>,
  tookMs: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  const left = new Map([...places].map(([name, those]) => [name, new Set(those)]))
  const worth = ([name, those]: readonly [string, ReadonlySet<string>]) => those.size / (tookMs.get(name) || 1)
  const chosen = new Set<string>()
  for (;;) {
    const [name, most] = [...left].reduce((best, one) => (worth(one) > worth(best) ? one : best))
    if (most.size === 0) return chosen
    chosen.add(name)
    for (const those of left.values()) if (those !== most) for (const place of most) those.delete(place)
    most.clear()
  }
}

/** In the file that KEPT names, looks that went well: what was mended for another is seen without them once more. */
function keeper(pass: string): Required<Pick<Seeing, 'before' | 'seen'>> {
  const file = process.env['KEPT']
  const kept = new Map<string, SeenLook>(file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [])
  return {
    before: ({ name }) => kept.get(`${pass} ${name}`),
    seen: ({ name }, what) => {
      if ([what.missed, what.ran, what.reports, what.armed].some((list) => list.length > 0)) return
      kept.set(`${pass} ${name}`, what)
      if (file) writeFileSync(file, JSON.stringify([...kept]))
    },
  }
}

test(TITLE, async () => {
  const browser = await openBrowser()
  const only = new RegExp(process.env['LOOKS'] ?? '')
  const looks = LOOKS.filter(({ name }) => only.test(name))
  const told = tellSince(Date.now())
  const first = await seeEveryText(browser, looks, shareOf, { lanes: LANES, told, ...keeper('share') })
  const { fields, shown, places, tookMs } = first
  const chosen = covering(places, tookMs)
  told(`${chosen.size} of ${looks.length} looks have each place.`)
  // The longest first, so that no lane is left alone with one.
  const most = looks
    .filter(({ name }) => chosen.has(name))
    .toSorted((a, b) => (tookMs.get(b.name) ?? 0) - (tookMs.get(a.name) ?? 0))
  const second = await seeEveryText(browser, most, () => PAYLOADS, { lanes: LANES, told, ...keeper('all') })
  await browser.close()
  const seen = [first, second]
  const all = (what: 'missed' | 'ran' | 'reports' | 'armed') => seen.flatMap((one) => one[what])
  const whole = new Set([...second.places.values()].flat())
  const isWhole = looks.length === LOOKS.length
  const left = isWhole ? unexplained(unseen({ fields, shown })) : []
  // A place that stood at the first opening alone has not had them all.
  const partly = [...new Set([...places.values()].flat())].filter((place) => !whole.has(place))
  const found = { missed: all('missed'), ran: all('ran'), reports: all('reports'), armed: all('armed'), left, partly }
  const ok = PAYLOADS.length >= 150 && Object.values(found).every((list) => list.length === 0)
  const figure =
    `${PAYLOADS.length} texts in ${whole.size} places of ${new Set([...shown.values()].flat()).size} fields, ` +
    `${SHARE} of them on each of ${shown.size} pages, states and dialogs: ` +
    `${seen.reduce((sum, one) => sum + one.texts, 0)} texts read as text, ${found.missed.length} not, and ${partly.length} places more with a share alone; ` +
    `${found.ran.length} scripts run, ${found.reports.length} reports of the policy, ${found.armed.length} armed elements`
  told(figure)
  if (isWhole) keepResult(TITLE, figure, ok)
  expect(found).toEqual({ missed: [], ran: [], reports: [], armed: [], left: [], partly: [] })
})

const WIDE = 'a word of 220 letters in every text field, on a desk and on a phone'

test(WIDE, async () => {
  const browser = await openBrowser()
  const only = new RegExp(process.env['LOOKS'] ?? '')
  const looks = LOOKS.filter(({ name }) => only.test(name))
  const wide = await wideByWords(browser, looks, { lanes: LANES, told: tellSince(Date.now()) })
  await browser.close()
  const figure = `${looks.length} pages, states and dialogs, ${wide.length} of them wider than their window`
  if (looks.length === LOOKS.length) keepResult(WIDE, figure, wide.length === 0)
  expect(wide).toEqual([])
})

const TYPED = 'a hostile text typed into each field'

test(TYPED, async () => {
  const browser = await openBrowser()
  const only = new RegExp(process.env['LOOKS'] ?? '')
  // What is only laid out otherwise has the same fields.
  const all = LOOKS.filter(({ strange, full }) => !strange && !full)
  const looks = all.filter(({ name }) => only.test(name))
  const seen = await seeTypedTexts(browser, looks, (look) => PAYLOADS[LOOKS.indexOf(look) % PAYLOADS.length]!, {
    ...{ lanes: LANES, told: tellSince(Date.now()) },
  })
  await browser.close()
  const { ran, reports, armed, missed } = seen
  const fields = [...seen.fields.values()].reduce((sum, one) => sum + one, 0)
  const again = [...seen.echoes.values()].filter((places) => places.length > 0).length
  const figure =
    `${fields} fields of ${seen.fields.size} pages, states and dialogs typed into and sent, said again by ${again} of them: ` +
    `${ran.length} scripts run, ${reports.length} reports of the policy, ${armed.length} armed elements`
  const ok = [ran, reports, armed, missed].every((list) => list.length === 0)
  if (looks.length === all.length) keepResult(TYPED, figure, ok)
  expect({ ran, reports, armed, missed }).toEqual({ ran: [], reports: [], armed: [], missed: [] })
})
