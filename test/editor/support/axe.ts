import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Found = {
  id: string
  impact: string | null
  nodes: { html: string; failureSummary?: string; any: { data?: { messageKey?: string } | null }[] }[]
}
/** As axe's own list of rules holds it, from which its results take how grave they are. */
type Rule = { id: string; impact?: string | null }
type Result = { violations: Found[]; incomplete: Found[] }

/** What axe finds on the page that is serious or critical, each as one line. `rules` narrows it down. */
export async function seriousFaults(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Evaluated by the browser's own tools, once for each load of a page: the page's policy would refuse it as a script.
  if (!(await page.evaluate(() => Reflect.has(window, 'axe')))) await page.evaluate(`${SOURCE};0`)
  const result = await page.evaluate<Result, readonly string[] | undefined>(
    // axe is put on the window by the line above.
    (only) => {
      const axe = Reflect.get(window, 'axe')
      const all: Rule[] = axe._audit?.rules ?? []
      // Those that never find anything serious take a third of the time; one that does not say so is run.
      const slight = all.filter(({ impact }) => impact === 'minor' || impact === 'moderate')
      return axe.run(document, {
        resultTypes: ['violations', 'incomplete'],
        // Its rules about style sheets are none of those that are on; fetching them again takes as long as the rest.
        preload: false,
        ...(only
          ? { runOnly: { type: 'rule', values: only } }
          : { rules: Object.fromEntries(slight.map(({ id }) => [id, { enabled: false }])) }),
      })
    },
    rules,
  )
  // Text in the colour of its ground is “incomplete” to axe, which takes it for hidden on purpose; here it is a fault.
  const unseen = result.incomplete
    .filter((found) => found.id === 'color-contrast')
    .map((found) => ({
      ...found,
      nodes: found.nodes.filter((node) => node.any.some((check) => check.data?.messageKey === 'equalRatio')),
    }))
  return [...result.violations, ...unseen]
    .filter((found) => found.impact === 'serious' || found.impact === 'critical')
    .flatMap((found) =>
      found.nodes.map(
        (node) => `${found.id}: ${node.html.slice(0, 160)} ${node.failureSummary?.replaceAll('\n', ' ').slice(0, 200)}`,
      ),
    )
}
