import { expect, test } from 'vitest'
import { seeEveryText, unseen } from '../editor/support/every-text.ts'
import { PAYLOADS } from '../editor/support/hostile.ts'
import { LOOKS } from '../editor/support/looks.ts'
import { NOT_SHOWN } from '../editor/support/not-shown.ts'
import { openBrowser } from '../support/browser.ts'
import { keepResult } from './results.ts'

// AB-61: the short form (test/editor/browser/hostile-texts.test.ts) has one payload in every field of each look.

const TITLE = 'each of 150 hostile texts in every text field, on every page'

test(TITLE, async () => {
  const browser = await openBrowser()
  // Two at once, each with pages of its own; looks of one scene stay together.
  const states = [...new Set(LOOKS.map(({ state }) => state))]
  const ordinary = LOOKS.filter(({ state }) => state === 'ordinary')
  const half = Math.ceil(ordinary.length * 0.7)
  const lanes = [
    ordinary.slice(0, half),
    [...ordinary.slice(half), ...states.slice(1).flatMap((one) => LOOKS.filter(({ state }) => state === one))],
  ]
  const began = Date.now()
  const told = (line: string) => console.log(`${Math.round((Date.now() - began) / 1_000)} s: ${line}`)
  const [one, two] = await Promise.all(lanes.map((looks) => seeEveryText(browser, looks, () => PAYLOADS, told)))
  await browser.close()
  const { fields } = one!
  const shown = new Map([...one!.shown, ...two!.shown])
  const all = (what: 'missed' | 'ran' | 'reports' | 'armed') => [...one![what], ...two![what]]
  const seen = new Set([...shown.values()].flat())
  const left = unseen({ fields, shown }).filter((name) => !NOT_SHOWN.has(name))
  const faults = { missed: all('missed'), ran: all('ran'), reports: all('reports'), armed: all('armed'), left }
  const ok = PAYLOADS.length >= 150 && Object.values(faults).every((list) => list.length === 0)
  keepResult(
    TITLE,
    `${PAYLOADS.length} texts, ${shown.size} pages, states and dialogs, ${seen.size} fields seen there: ` +
      `${one!.texts + two!.texts} texts read as text, ${faults.missed.length} not; ` +
      `${faults.ran.length} scripts run, ${faults.reports.length} reports of the policy, ${faults.armed.length} armed elements`,
    ok,
  )
  expect(faults).toEqual({ missed: [], ran: [], reports: [], armed: [], left: [] })
})
