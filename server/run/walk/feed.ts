import { StepError } from '../../../connectors/kit/errors.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import { failpoint } from '../call/failpoint.ts'
import { type Entrance, FEED, type FedRecord, FeedGone } from '../journal/journal.ts'
import type { RunState } from './run-state.ts'
import { settleDone, walkAndSettle } from './settle.ts'

/** Most records of one fed page. Pages of an earlier run's step are that run's batches, however large. */
const FEED_PAGE = 500

/** Fed records that enter at the same place, in their order. */
export type Group = { readonly planned: PlannedNode; readonly entrance: Entrance; readonly fed: readonly FedRecord[] }

/** Takes what is fed to a run through the plan, page by page. A page is a batch: settled once, resumed by its cursor. */
export async function readFeed(run: RunState): Promise<void> {
  const { parts } = run
  let after = run.cursorOf(FEED)
  for (;;) {
    parts.signal.throwIfAborted()
    await failpoint('feed.page:before')
    const page = await parts.journal.feed(after, FEED_PAGE).catch(explain)
    await failpoint('feed.page:after')
    if (!page) break
    after = page.cursor
    const batch = run.newBatch()
    const groups = grouped(run, page.records)
    for (const { entrance, fed } of groups) {
      for (const { record, exception, waited } of fed) {
        if (waited !== undefined) batch.memory.letOut(waited)
        if (exception !== undefined && 'node' in entrance) batch.tryAgain(entrance.node, record, exception)
      }
    }
    await walkAndSettle(run, batch, (walk) => walk.fed(groups), {
      node: FEED,
      cursor: page.cursor,
      done: page.last,
      records: page.records.length,
    })
    if (page.last) return
  }
  await settleDone(run, FEED)
}

function explain(error: unknown): never {
  throw error instanceof FeedGone ? new StepError('CONFIG_INVALID', error.message, { cause: error }) : error
}

function grouped({ parts }: RunState, records: readonly FedRecord[]): Group[] {
  const groups = Map.groupBy(records, ({ enter }) => JSON.stringify(enter))
  return [...groups.values()].map((fed) => {
    const [{ enter: entrance }] = fed as [FedRecord] // a group has at least one
    const id = 'node' in entrance ? entrance.node : entrance.leave
    const planned = parts.plan.nodes.get(id)
    if (!planned) {
      throw new StepError(
        'CONFIG_INVALID',
        `Version ${parts.claim.version} of the flow has no step “${id}”, where these records should go on.`,
      )
    }
    return { planned, entrance, fed }
  })
}
