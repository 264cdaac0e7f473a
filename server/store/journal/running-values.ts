import { type Kysely, sql, type Transaction } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { KeptContribution, KeptState, NodeMemory } from '../../run/journal/node-memory.ts'
import type { Contribution, RunningState } from '../../run/journal/running-memory.ts'
import { inWorkspace } from '../database/database.ts'
import type { Database } from '../database/schema.ts'
import { blindIndex, type Keyring } from '../key/secrets.ts'

type Tx = Transaction<Database>
type Parts = { readonly db: Kysely<Database>; readonly keys: Keyring }
type Row = {
  readonly key: Buffer
  readonly contribution: Buffer
  readonly seq: string
  readonly version: string | null
  readonly taken_back: boolean
  readonly cells: Contribution['cells']
}

/** The running values of a flow, in PostgreSQL. Keys and contributions are keyed hashes, as in seen_contents. */
export function createRunningValues(parts: Parts, claim: RunClaim): Pick<NodeMemory, 'running' | 'contributionsOf'> {
  const { workspace, flow } = claim
  const place = (node: string) => sql`workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${node}`
  return {
    running: async (node, asked) => {
      if (asked.length === 0) return { states: new Map(), contributions: new Map() }
      const keys = new Map(asked.map(({ key }) => [hashOf(parts, claim, node, key), key]))
      const names = new Map(
        asked.map(({ key, contribution }) => [
          hashOf(parts, claim, node, key, contribution),
          JSON.stringify([key, contribution]),
        ]),
      )
      return inWorkspace(parts.db, workspace, async (tx) => {
        const states = await sql<{ key: Buffer; state: RunningState }>`
          select key, state from running_states where ${place(node)} and key = any(${buffers(keys.keys())}::bytea[])
        `.execute(tx)
        const rows = await sql<Row>`
          select contribution, seq, version, taken_back, cells from running_contributions
          where ${place(node)} and contribution = any(${buffers(names.keys())}::bytea[])
        `.execute(tx)
        return {
          states: new Map(states.rows.map(({ key, state }) => [keys.get(key.toString('hex'))!, state])),
          contributions: new Map(
            rows.rows.map((row) => [names.get(row.contribution.toString('hex'))!, contributionOf(row)]),
          ),
        }
      })
    },

    contributionsOf: (node, key, but, after, limit) =>
      inWorkspace(parts.db, workspace, async (tx) => {
        const left = but.map((contribution) => hashOf(parts, claim, node, key, contribution))
        const { rows } = await sql<Row>`
          select seq, version, taken_back, cells from running_contributions
          where ${place(node)} and key = ${Buffer.from(hashOf(parts, claim, node, key), 'hex')} and seq > ${after}
            and contribution <> all(${buffers(left)}::bytea[])
          order by seq limit ${limit}
        `.execute(tx)
        return rows.map(contributionOf)
      }),
  }
}

/** Hexadecimal. The hash of a contribution has that of its key in it. */
function hashOf({ keys }: Pick<Parts, 'keys'>, claim: RunClaim, node: string, ...names: string[]): string {
  return blindIndex(keys, claim.workspace, [claim.flow, node, ...names].join('\0')).toString('hex')
}

const buffers = (texts: Iterable<string>): Buffer[] => [...texts].map((text) => Buffer.from(text, 'hex'))

const contributionOf = ({ seq, version, taken_back, cells }: Row): Contribution => ({
  seq: Number(seq),
  version: version ?? undefined,
  takenBack: taken_back,
  cells,
})

export async function writeRunning(
  tx: Tx,
  parts: Pick<Parts, 'keys'>,
  claim: RunClaim,
  states: readonly KeptState[],
  contributions: readonly KeptContribution[],
): Promise<void> {
  if (states.length === 0) return
  const keyed = ({ node, key }: { readonly node: string; readonly key: string }) => hashOf(parts, claim, node, key)
  await sql`
    insert into running_states (workspace_id, flow_id, node_id, key, state, run_id)
    select ${claim.workspace}::uuid, ${claim.flow}::uuid, node, key, state, ${claim.run}::uuid
    from unnest(${states.map(({ node }) => node)}::text[], ${buffers(states.map(keyed))}::bytea[],
      ${states.map(({ state }) => JSON.stringify(state))}::jsonb[]) as s (node, key, state)
    on conflict (workspace_id, flow_id, node_id, key) do update set
      state = excluded.state, run_id = excluded.run_id, seen_at = now()
  `.execute(tx)
  const hashes = contributions.map(({ node, key, contribution }) => hashOf(parts, claim, node, key, contribution))
  await sql`
    insert into running_contributions (workspace_id, flow_id, node_id, key, contribution, seq, version, taken_back, cells)
    select ${claim.workspace}::uuid, ${claim.flow}::uuid, node, key, contribution, seq, version, taken_back, cells
    from unnest(${contributions.map(({ node }) => node)}::text[], ${buffers(contributions.map(keyed))}::bytea[],
      ${buffers(hashes)}::bytea[], ${contributions.map(({ seq }) => seq)}::bigint[],
      ${contributions.map(({ version }) => version ?? null)}::text[],
      ${contributions.map(({ takenBack }) => takenBack)}::boolean[],
      ${contributions.map(({ cells }) => JSON.stringify(cells))}::jsonb[])
      as c (node, key, contribution, seq, version, taken_back, cells)
    on conflict (workspace_id, flow_id, node_id, contribution) do update set
      version = excluded.version, taken_back = excluded.taken_back, cells = excluded.cells
  `.execute(tx)
}
