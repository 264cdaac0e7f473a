import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Result = {
  violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[]
}

/** What axe finds on the page that is serious or critical, each as one line. `rules` narrows it down. */
export async function seriousFaults(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Evaluated by the browser's own tools: the page's policy would refuse it as a script, and should.
  await page.evaluate(`${SOURCE};0`)
  const result = await page.evaluate<Result, readonly string[] | undefined>(
    // axe is put on the window by the line above.
    (only) =>
      Reflect.get(window, 'axe').run(document, {
        resultTypes: ['violations'],
        ...(only ? { runOnly: { type: 'rule', values: only } } : {}),
      }),
    rules,
  )
  return result.violations
    .filter((found) => found.impact === 'serious' || found.impact === 'critical')
    .flatMap((found) =>
      found.nodes.map(
        (node) => `${found.id}: ${node.html.slice(0, 160)} ${node.failureSummary?.replaceAll('\n', ' ').slice(0, 200)}`,
      ),
    )
}
