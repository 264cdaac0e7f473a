import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { sql, type Transaction } from 'kysely'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Basis } from '../../flow/document/basis.ts'
import { newId } from '../database/ids.ts'
import type { SampleKind } from '../database/push-tables.ts'
import type { Database } from '../database/schema.ts'
import { type Keyring, open, seal } from '../key/secrets.ts'

type Tx = Transaction<Database>

/** Records by the input that they enter. */
export type SampleInputs = { readonly [input: string]: readonly DataRecord[] }

export type SampleRow = {
  readonly id: string
  readonly node: string
  readonly kind: SampleKind
  readonly records: number
  /** The run they were taken from; null where they were written by hand. */
  readonly run: string | null
  readonly author: string
  readonly at: Date
  /** How the flow was on the way to the step; null for those of before it was kept. */
  readonly basis: unknown
}

/** Whoever wrote it in, the body had at most a megabyte; this leaves room for JSON that was spelled shorter. */
const MOST_BYTES = 8_000_000

const place = (workspace: string, flow: string, sample: string) => `samples/${workspace}/${flow}/${sample}`
const SHOWN = ['id', 'node_id as node', 'kind', 'records', 'run_id as run', 'author', 'at', 'basis'] as const

/** Without their records, by step. */
export async function listSamples(tx: Tx, workspace: string, flow: string): Promise<SampleRow[]> {
  return tx
    .selectFrom('samples')
    .select(SHOWN)
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .orderBy('node_id')
    .orderBy('kind')
    .execute()
}

/** What is pinned to a step. */
export async function findPinned(
  tx: Tx,
  workspace: string,
  flow: string,
  node: string,
): Promise<SampleRow | undefined> {
  return tx
    .selectFrom('samples')
    .select(SHOWN)
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('node_id', '=', node)
    .where('kind', '=', 'pinned')
    .executeTakeFirst()
}

/** Keeps records for a step in the place of those of the same kind. Answers their id, a new one each time. */
export async function keepSample(
  tx: Tx,
  keys: Keyring,
  sample: {
    readonly workspace: string
    readonly flow: string
    readonly node: string
    readonly kind: SampleKind
    readonly inputs: SampleInputs
    readonly run?: string | undefined
    readonly author: string
    readonly basis: Basis
  },
): Promise<string> {
  const { workspace, flow, node, kind, inputs, run, author, basis } = sample
  const id = newId()
  const content = seal(keys, place(workspace, flow, id), zstdCompressSync(JSON.stringify(inputs)))
  const records = Object.values(inputs).reduce((sum, given) => sum + given.length, 0)
  await sql`
    insert into samples (workspace_id, id, flow_id, node_id, kind, records, content, run_id, author, basis)
    values (${workspace}, ${id}, ${flow}, ${node}, ${kind}, ${records}, ${content}, ${run ?? null}, ${author},
      ${JSON.stringify(basis)}::jsonb)
    on conflict (workspace_id, flow_id, node_id, kind) do update set
      id = excluded.id, records = excluded.records, content = excluded.content, run_id = excluded.run_id,
      author = excluded.author, at = now(), basis = excluded.basis
  `.execute(tx)
  return id
}

/** The records of a sample; undefined where others took its place. @throws SealBroken */
export async function openSample(
  tx: Tx,
  keys: Keyring,
  workspace: string,
  flow: string,
  id: string,
): Promise<SampleInputs | undefined> {
  const row = await tx
    .selectFrom('samples')
    .select('content')
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const text = zstdDecompressSync(open(keys, place(workspace, flow, id), row.content), { maxOutputLength: MOST_BYTES })
  return JSON.parse(text.toString()) as SampleInputs // written by keepSample
}

/** Other records under the same id: what an erased person leaves. */
export async function rewriteSample(
  tx: Tx,
  keys: Keyring,
  workspace: string,
  flow: string,
  id: string,
  inputs: SampleInputs,
): Promise<void> {
  const content = seal(keys, place(workspace, flow, id), zstdCompressSync(JSON.stringify(inputs)))
  await sql`update samples set content = ${content} where workspace_id = ${workspace} and flow_id = ${flow} and id = ${id}`.execute(
    tx,
  )
}

export async function unpin(tx: Tx, workspace: string, flow: string, node: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('samples')
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('node_id', '=', node)
    .where('kind', '=', 'pinned')
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}
