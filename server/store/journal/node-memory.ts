import { type Kysely, sql, type Transaction } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { KeptContent, NodeMemory, Remembered } from '../../run/journal/node-memory.ts'
import { inWorkspace } from '../database/database.ts'
import { writeNotices } from '../alert/notices.ts'
import { createRunningValues, writeRunning } from './running-values.ts'
import type { Database } from '../database/schema.ts'
import { blindIndex, type Keyring } from '../key/secrets.ts'
import { countWaiting, settleWaits } from './waits.ts'

type Tx = Transaction<Database>
type Parts = { readonly db: Kysely<Database>; readonly keys: Keyring }

/** Keys are kept as keyed hashes only: they may be addresses of people. */
const keyHash = ({ keys }: Pick<Parts, 'keys'>, { workspace, flow }: RunClaim, node: string, key: string): Buffer =>
  blindIndex(keys, workspace, `${flow}\0${node}\0${key}`)

/** What the nodes of a flow remember from run to run, in PostgreSQL. */
export function createNodeMemory(parts: Parts, claim: RunClaim): NodeMemory {
  return {
    ...createRunningValues(parts, claim),
    waiting: (most) =>
      inWorkspace(parts.db, claim.workspace, (tx) => countWaiting(tx, claim.workspace, claim.flow, most)),
    contents: async (node, keys) => {
      if (keys.length === 0) return new Map()
      const byHash = new Map(keys.map((key) => [keyHash(parts, claim, node, key).toString('base64'), key]))
      const { rows } = await inWorkspace(parts.db, claim.workspace, (tx) =>
        sql<{ key: Buffer; hash: Buffer }>`
          select key, hash from seen_contents
          where workspace_id = ${claim.workspace} and flow_id = ${claim.flow} and node_id = ${node}
            and key = any(${[...byHash.keys()].map((text) => Buffer.from(text, 'base64'))}::bytea[])
        `.execute(tx),
      )
      return new Map(rows.map(({ key, hash }) => [byHash.get(key.toString('base64'))!, hash]))
    },
  }
}

/** Writes down what a batch adds, in the transaction that settles it. */
export async function settleMemory(
  tx: Tx,
  parts: Pick<Parts, 'keys'>,
  claim: RunClaim,
  { contents, states, contributions, notices, waits, letOut }: Remembered,
): Promise<void> {
  if (contents.length > 0) await writeContents(tx, parts, claim, contents)
  await settleWaits(tx, parts.keys, claim, waits, letOut)
  await writeNotices(tx, parts.keys, claim, notices)
  await writeRunning(tx, parts, claim, states, contributions)
}

async function writeContents(
  tx: Tx,
  parts: Pick<Parts, 'keys'>,
  claim: RunClaim,
  contents: readonly KeptContent[],
): Promise<void> {
  await sql`
    insert into seen_contents (workspace_id, flow_id, node_id, key, hash, run_id)
    select ${claim.workspace}::uuid, ${claim.flow}::uuid, node, key, hash, ${claim.run}::uuid
    from unnest(${contents.map(({ node }) => node)}::text[],
      ${contents.map(({ node, key }) => keyHash(parts, claim, node, key))}::bytea[],
      ${contents.map(({ hash }) => hash)}::bytea[]) as c (node, key, hash)
    on conflict (workspace_id, flow_id, node_id, key) do update set
      hash = excluded.hash, run_id = excluded.run_id, seen_at = now()
  `.execute(tx)
}
