import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Cursor, DataRecord } from '../../../connectors/kit/connector.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import { type FedPage, type FedRecord, FeedGone } from '../../run/journal/journal.ts'
import { inWorkspace } from '../database/database.ts'
import type { Database, TraceClass } from '../database/schema.ts'

type Tx = Transaction<Database>

const decompress = promisify(zstdDecompress)
/** A chunk holds at most 1 MB compressed. JSON of alike records packs well, so a cap on what comes out guards memory. */
const MAX_CHUNK_BYTES = 256_000_000

/** What went into a node in an earlier run: its run, its flow as it was, the node. */
export type EarlierStep = {
  readonly workspace: string
  readonly run: string
  readonly day: string
  readonly traceClass: TraceClass
  readonly flow: Flow
  readonly node: string
}

export async function findEarlierStep(
  tx: Tx,
  workspace: string,
  run: string,
  node: string,
): Promise<EarlierStep | undefined> {
  const row = await sql<{ day: string; trace_class: TraceClass; document: unknown }>`
    select r.day::text as day, r.trace_class, v.document from runs r
    join flow_versions v on v.workspace_id = r.workspace_id and v.flow_id = r.flow_id and v.number = r.version
    where r.workspace_id = ${workspace} and r.id = ${run}
  `.execute(tx)
  const [found] = row.rows
  // A published version was validated as a flow.
  return (
    found && {
      workspace,
      run,
      day: found.day,
      traceClass: found.trace_class,
      flow: inlined(found.document as Flow),
      node,
    }
  )
}

const inTrace = ({ workspace, run, day, traceClass }: EarlierStep) =>
  sql`workspace_id = ${workspace} and run_id = ${run} and day = ${day}::date and trace_class = ${traceClass}`

/** The inputs of the node, in the order in which they are fed: what a join looks into comes first. */
function inputsOf({ flow, node }: EarlierStep): readonly string[] {
  const operation = flow.nodes.find(({ id }) => id === node)?.operation
  if (operation === 'compare') return ['left', 'right']
  return operation === 'join' ? ['with', 'in'] : ['in']
}

/** What comes into a node over one input, as the trace has it: what left other nodes, and what entered from a feed. */
function sourcesOf(flow: Flow, node: string, input: string): readonly { node: string; kind: string }[] {
  const edges = flow.edges.filter((edge) => edge.to === node && edge.input === input && edge.port !== 'done')
  return [
    { node, kind: input === 'in' ? 'in' : `in:${input}` },
    ...edges.map(({ from, port }) => ({ node: from, kind: `out:${port}` })),
  ]
}

/**
 * The next page of what went into the step: all that came over one input in one batch of the earlier run, so that what
 * met there meets again. Other batches are not read meanwhile.
 */
export async function earlierPage(
  db: Kysely<Database>,
  step: EarlierStep,
  after: Cursor | undefined,
): Promise<FedPage | undefined> {
  const inputs = inputsOf(step)
  // Written below.
  let { phase, batch } = (after ?? { phase: 0, batch: -1 }) as { phase: number; batch: number }
  for (;;) {
    const input = inputs[phase]
    if (input === undefined) return undefined
    const next = await inWorkspace(db, step.workspace, (tx) => batchAfter(tx, step, batch))
    if (next === undefined) {
      phase += 1
      batch = -1
      continue
    }
    batch = next
    const records = await recordsInto(db, step, step.node, input, batch)
    if (records.length === 0) continue
    return {
      records: records.map((record): FedRecord => ({ enter: { node: step.node, input }, record })),
      cursor: { phase, batch },
      last: false,
    }
  }
}

async function batchAfter(tx: Tx, step: EarlierStep, batch: number): Promise<number | undefined> {
  const rows = await sql<{ batch: number }>`
    select batch from steps where ${inTrace(step)} and batch > ${batch} order by batch limit 1
  `.execute(tx)
  return rows.rows[0]?.batch
}

async function recordsInto(
  db: Kysely<Database>,
  step: EarlierStep,
  node: string,
  input: string,
  batch: number,
): Promise<readonly DataRecord[]> {
  const records: DataRecord[] = []
  for (const source of sourcesOf(step.flow, node, input)) {
    const kept = await inWorkspace(db, step.workspace, (tx) => keptOf(tx, step, source.node, source.kind, batch))
    if (kept.total > kept.records) throw gone(step, 'only samples of its records were kept')
    for (const content of kept.contents) {
      const text = await decompress(content, { maxOutputLength: MAX_CHUNK_BYTES })
      // Written by tracePayload.
      for (const record of JSON.parse(text.toString()) as DataRecord[]) {
        if (standsIn(record)) throw gone(step, 'a record was too large to be kept')
        records.push(record)
      }
    }
    // What a write lets through stands in the trace of the node before, where it let all of it through.
    if (kept.contents.length === 0 && source.kind === 'out:out' && source.node !== node && kept.passed > 0) {
      const passed = await recordsInto(db, step, source.node, 'in', batch)
      if (passed.length !== kept.passed) throw gone(step, 'its trace is not there any more')
      records.push(...passed)
    }
  }
  return records
}

/** What the trace keeps in the place of a record that it could not keep (trace.ts). */
function standsIn(record: DataRecord): boolean {
  const names = Object.keys(record).join()
  return names === 'tooLarge,begins' || names === 'notKept'
}

type Kept = {
  readonly contents: readonly Buffer[]
  readonly records: number
  readonly total: number
  /** Records that the node's counts say left it by `out`. */
  readonly passed: number
}

async function keptOf(tx: Tx, step: EarlierStep, node: string, kind: string, batch: number): Promise<Kept> {
  const place = sql`${inTrace(step)} and batch = ${batch} and node_id = ${node}`
  const chunks = await sql<{ records: number; total: number; content: Buffer }>`
    select records, total, content from payloads where ${place} and kind = ${kind} order by chunk
  `.execute(tx)
  const counts = await sql<{ out: number | null }>`
    select (counts ->> 'out')::int as out from steps where ${place} limit 1
  `.execute(tx)
  return {
    contents: chunks.rows.map(({ content }) => content),
    records: chunks.rows.reduce((sum, { records }) => sum + records, 0),
    total: chunks.rows[0]?.total ?? 0,
    passed: counts.rows[0]?.out ?? 0,
  }
}

const gone = (step: EarlierStep, why: string) =>
  new FeedGone(`What went into “${step.node}” in run ${step.run} cannot be fed again: ${why}. Run it again as a whole.`)

/** Whether the step can be fed again: `sampled` and `gone` say why not. Looks at sizes only, not at records. */
export async function traceOf(tx: Tx, step: EarlierStep): Promise<'whole' | 'sampled' | 'gone'> {
  if (step.flow.capture !== 'full') return 'sampled'
  const sources = inputsOf(step).flatMap((input) => feedersOf(step.flow, step.node, input, new Set()))
  const rows = await sql<{ kept: number; short: number }>`
    with sizes as (
      select batch, node_id, kind, sum(records) as kept, max(total) as total from payloads
      where ${inTrace(step)} and (node_id, kind) in (${sql.join(sources.map(({ node, kind }) => sql`(${node}, ${kind})`))})
      group by batch, node_id, kind
    )
    select count(*)::int as kept, (count(*) filter (where kept < total))::int as short from sizes
  `.execute(tx)
  const { kept, short } = rows.rows[0] ?? { kept: 0, short: 0 }
  if (short > 0) return 'sampled'
  return kept > 0 ? 'whole' : 'gone'
}

/** Also the sources of writes, which pass records through. */
function feedersOf(flow: Flow, node: string, input: string, looked: Set<string>): { node: string; kind: string }[] {
  if (looked.has(`${node} ${input}`)) return []
  looked.add(`${node} ${input}`)
  const sources = sourcesOf(flow, node, input)
  const before = sources.flatMap((source) =>
    source.kind === 'out:out' && source.node !== node ? feedersOf(flow, source.node, 'in', looked) : [],
  )
  return [...sources, ...before]
}
