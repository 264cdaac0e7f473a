import type { Context, Cursor, DataRecord, Page, ReadOperation } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import { isReadWhole } from '../../flow/plan/windowed.ts'
import { attempt, type Tally } from '../call/attempt.ts'
import type { Batch } from '../batch/batch.ts'
import { failpoint } from '../call/failpoint.ts'
import { flawedAmong, without } from './flawed.ts'
import type { Exchange } from '../journal/parts.ts'
import type { RunState } from './run-state.ts'
import { Seen } from './seen.ts'
import { settleDone, walkAndSettle } from './settle.ts'
import { tracePayload } from '../batch/trace.ts'

/** Where a read of this run begins, and how it goes on. */
type Reading = {
  readonly from: Cursor | undefined
  pages(context: Context<never>, from: Cursor | undefined): AsyncIterable<Page>
  /** What was delivered lately; absent where nothing is remembered between runs. */
  readonly seen?: Seen
}

export async function readAll(run: RunState, read: PlannedNode): Promise<void> {
  const { parts } = run
  const { node } = read
  // The plan has it among its reads.
  const operation = parts.operation(node.operation) as ReadOperation
  const connection = await parts.connection(node.slot!)
  const { from, pages: pagesFrom, seen } = await reading(run, read, operation, connection.id)
  const held = !run.moves || run.holds(read)

  // Of the page being fetched; each page takes its own with it, as the one after it may be on its way already.
  const exchanges: Exchange[] = []
  // Ends the page that is being read ahead when the batch before it fails.
  const ahead = new AbortController()
  const context: Context<never> = {
    ...connection.context(AbortSignal.any([parts.signal, ahead.signal]), (one) => exchanges.push(one)),
    settings: node.settings as never,
  }
  const fetching = pages((at) => pagesFrom(context, at), context, from, exchanges)
  const fetch = () => {
    const fetched = fetching.next()
    fetched.catch(() => undefined) // met when it is its turn
    return { startedAt: new Date(), fetched }
  }

  // Two batches are on their way at most: while one writes and settles, the next is evaluated, which changes nothing
  // outside. It waits with its first look-up or write until the one before it has settled. The page after it is fetched
  // meanwhile.
  let before: Promise<void> = Promise.resolve()
  let settled: Promise<void> = before
  let newest: Batch | undefined
  let last: Batch | undefined
  try {
    for (let next: ReturnType<typeof fetch> | undefined = fetch(); next; ) {
      const { startedAt, fetched } = next
      const { value, done } = await fetched
      if (done) break
      await before
      next = run.start.kind === 'first-page' ? undefined : fetch()
      const { page, exchanges: mine, tally } = value
      const takenAt = performance.now()
      const flawed = flawedAmong(operation, page.records)
      const { refused: broken = [] } = page
      const refused = [...flawed, ...broken]
      const sound = without(page.records, flawed)
      // Only when nothing was dropped is the page's list the very one that goes on.
      const news = seen && operation.identify ? sound.filter((record) => isNew(seen, operation, record)) : sound
      const records = news.length === page.records.length ? page.records : news
      const batch = run.newBatch()
      newest = batch
      batch.count('read', records.length)
      batch.count('calls', mine.length)
      const waitedMs = mine.reduce((sum, one) => sum + one.waitedMs, 0) + tally.waitingMs
      batch.steps.push({
        node: node.id,
        position: read.order,
        operation: node.operation,
        startedAt,
        waitingMs: waitedMs,
        workingMs: mine.reduce((sum, one) => sum + one.ms, 0) + (performance.now() - takenAt),
        calls: mine.length,
        attempts: 1 + tally.retries,
        counts: {
          in: page.records.length + broken.length,
          out: records.length,
          seen: sound.length - records.length,
          ...(refused.length > 0 ? { rejected: refused.length } : {}),
        },
        exchanges: mine,
      })
      if (mine.length > 0) batch.trace(tracePayload(node.id, 'http', mine, 'full'))
      before = settled
      settled = walkAndSettle(
        run,
        batch,
        (walk) => walk.from(read, 'out', records, refused),
        {
          node: node.id,
          cursor: page.cursor,
          done: false,
          records: records.length,
          ...(seen ? { incremental: { connection: connection.id, seen: seen.toBuffer(), held } } : {}),
        },
        before,
        () => batch === last,
      )
      // Its failure is met when its turn is waited for.
      settled.catch((error: unknown) => ahead.abort(error))
    }
  } catch (error) {
    ahead.abort(error)
    // What is on its way comes to its end first; if it failed, the oldest failure is the one that counts.
    const failed = (await Promise.allSettled([before, settled])).find(({ status }) => status === 'rejected')
    throw failed?.status === 'rejected' ? failed.reason : error
  } finally {
    await fetching.return(undefined)
  }
  last = newest
  await settled
  // Nothing was read, or the last batch settled before it was known to be the last.
  if (!run.isDone(node.id)) await settleDone(run, node.id)
}

async function reading(
  run: RunState,
  read: PlannedNode,
  operation: ReadOperation,
  connection: string,
): Promise<Reading> {
  const { node } = read
  const { start } = run
  const resumed = run.cursorOf(node.id)
  const whole: Reading = { from: resumed, pages: (context, from) => operation.read(context, from) }
  if (start.kind === 'window') {
    const { window } = operation
    if (window) return { from: resumed, pages: (context, from) => window.read(context, start, from) }
    if (isReadWhole(run.parts.plan, read)) return whole
    throw new StepError(
      'CONFIG_INVALID',
      `“${node.name}” cannot be limited to a stretch of days, so the flow cannot be back-filled.`,
    )
  }
  if (!operation.incremental || start.kind === 'first-page') return whole
  await failpoint('read.cursor:before')
  const stored = await run.parts.journal.cursor(node.id, connection)
  await failpoint('read.cursor:after')
  return {
    ...whole,
    from: resumed ?? stored?.cursor,
    seen: new Seen(run.seenOf(node.id) ?? stored?.seen ?? Buffer.alloc(0)),
  }
}

/** A page and what it cost. */
type Fetched = { readonly page: Page; readonly exchanges: readonly Exchange[]; readonly tally: Tally }

/** The operation's pages. A page that fails is asked for again from the cursor of the last one that came. */
async function* pages(
  read: (from: Cursor | undefined) => AsyncIterable<Page>,
  context: Context<never>,
  from: Cursor | undefined,
  exchanges: Exchange[],
): AsyncGenerator<Fetched> {
  let cursor = from
  let iterator = read(cursor)[Symbol.asyncIterator]()
  for (;;) {
    const tally: Tally = { retries: 0, waitingMs: 0 }
    await failpoint('read.page:before')
    const next = await attempt(tally, context.signal, async () => {
      try {
        return await iterator.next()
      } catch (error) {
        // A generator that threw has ended: start another one where this one stood.
        iterator = read(cursor)[Symbol.asyncIterator]()
        throw error
      }
    })
    await failpoint('read.page:after')
    if (next.done) return
    cursor = next.value.cursor
    yield { page: next.value, exchanges: exchanges.splice(0), tally }
  }
}

function isNew(seen: Seen, operation: ReadOperation, record: DataRecord): boolean {
  // An incremental read has it.
  const { id, version, at } = operation.identify!(record)
  return seen.isNew(id, version, at)
}
