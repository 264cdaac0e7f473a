import { sql, type Transaction } from 'kysely'
import { appendAudit } from '../workspace/audit.ts'
import { eraseInRun, eraseInSamples, noteErasure, type Person, runsWith } from './erase.ts'
import { type Erasure, nameOf } from './erasure-record.ts'
import { DatabaseError } from '../database/errors.ts'
import { keyringOf } from '../key/kept-keys.ts'
import { EVERYBODY, namesBehind } from './mentions.ts'
import type { Database } from '../database/schema.ts'
import { createKeyring, type Keyring } from '../key/secrets.ts'

type Tx = Transaction<Database>

/** What is known of erasures when a backup is restored, and what it takes to do them again. */
export type KnownErasures = {
  /** The secret keys in use. */
  readonly roots: readonly [Buffer, ...Buffer[]]
  readonly erasures: readonly Erasure[]
  /** Without the key of the backup nobody can be told from others: blank whole runs then. */
  readonly blankRuns: boolean
  deleteWorkspace(tx: Tx, workspace: string): Promise<void>
}

export type Again = {
  /** Requests to erase somebody that the backup does not know, and what was blanked for them. */
  readonly erasures: number
  readonly runs: number
  readonly records: number
  readonly exceptions: number
  readonly events: number
  /** Put into the list again of those who must not be written to. */
  readonly listed: number
  /** Entries of that list that were lifted after the backup, and stand again. */
  readonly standing: number
  readonly workspaces: number
  /** Erasures of which no hashes were kept: times and workspaces. */
  readonly unknown: readonly { readonly at: string; readonly workspace: string }[]
}

const BY = 'npm run restore'
const REASON = 'Done again: a backup from before was restored.'

/**
 * Erases in a restored database what had been erased after its backup was made: whatever the record has and the database
 * has not. With the owner's login, in the transaction of the restore.
 *
 * @throws DatabaseError `ERASURES_NEED_KEY` where the backup was made with another key
 */
export async function eraseAgain(
  tx: Tx,
  { roots, erasures, sameKey, blankRuns, deleteWorkspace }: KnownErasures & { readonly sameKey: boolean },
): Promise<Again> {
  const known = [...new Map(erasures.map((one) => [nameOf(one), one])).values()]
  const there = new Set((await tx.selectFrom('workspaces').select('id').execute()).map(({ id }) => id))
  let workspaces = 0
  for (const { kind, workspace } of known) {
    if (kind !== 'deleted' || !there.delete(workspace)) continue
    await deleteWorkspace(tx, workspace)
    workspaces += 1
  }
  const done = new Set((await tx.selectFrom('erasures').select('id').execute()).map(({ id }) => id))
  const later = known.flatMap((one) =>
    one.kind === 'erased' && there.has(one.workspace) && !done.has(one.id) ? [one] : [],
  )
  const doable = later.flatMap(({ hashes, ...one }) => (hashes === null ? [] : [{ ...one, hashes }]))
  if (doable.length > 0 && !sameKey && !blankRuns) {
    throw new DatabaseError(
      'ERASURES_NEED_KEY',
      `${doable.length} erasures were ordered after this backup was made, and only the secret key that it was made with tells whose records they are about. Nothing was changed. Put that key back (secret.key, secret.key.old or SECRET_KEY) and restore again; if it is lost, add --blank-runs to blank all records of the runs concerned.`,
    )
  }
  const keyring = sameKey ? await keyringOf(tx, ...roots) : createKeyring(roots[0])
  const sums = { runs: 0, records: 0, exceptions: 0, events: 0 }
  for (const one of doable) {
    const made = await eraseOne(tx, keyring, one, sameKey)
    for (const name of ['runs', 'records', 'exceptions', 'events'] as const) sums[name] += made[name]
  }
  const listed = await listAgain(tx, known, there)
  for (const workspace of new Set(doable.map((one) => one.workspace))) {
    await appendAudit(tx, workspace, {
      action: 'person.erase-again',
      actor: { kind: 'system', id: BY },
      who: { name: '', email: '', address: '' },
      subject: {},
      detail: { erasures: doable.filter((one) => one.workspace === workspace).map(({ id }) => id) },
      requestId: null,
    })
  }
  const unknown = later.filter(({ hashes }) => hashes === null).map(({ at, workspace }) => ({ at, workspace }))
  return { erasures: doable.length, ...sums, ...listed, workspaces, unknown }
}

async function eraseOne(
  tx: Tx,
  keyring: Keyring,
  {
    id,
    at,
    by,
    workspace,
    hashes,
  }: Pick<Erasure, 'at' | 'workspace'> & {
    readonly id: string
    readonly by: string
    readonly hashes: readonly string[]
  },
  sameKey: boolean,
) {
  const numbers = BigInt64Array.from(hashes, BigInt)
  const person: Person = { hashes: numbers, names: sameKey ? namesBehind(keyring, workspace, numbers) : EVERYBODY }
  const runs = await runsWith(tx, workspace, person)
  const inSamples = await eraseInSamples(tx, keyring, workspace, person)
  const sums = { runs: runs.length, records: inSamples, exceptions: 0, events: 0 }
  for (const run of runs) {
    const made = await eraseInRun(tx, keyring, workspace, run, person, by)
    for (const name of ['records', 'exceptions', 'events'] as const) sums[name] += made[name]
  }
  await noteErasure(tx, workspace, person, { ...sums, id, at, by, reason: REASON })
  return sums
}

/** Who stood in the list when the record ended stands in it again. What was lifted since stays: nobody is written to by mistake. */
async function listAgain(
  tx: Tx,
  known: readonly Erasure[],
  there: ReadonlySet<string>,
): Promise<Pick<Again, 'listed' | 'standing'>> {
  const lifted = new Set(known.flatMap((one) => (one.kind === 'lifted' ? [`${one.workspace} ${one.id}`] : [])))
  const rows = known.flatMap((one) =>
    one.kind === 'listed' && there.has(one.workspace) && !lifted.has(`${one.workspace} ${one.id}`) ? [one] : [],
  )
  const put = await sql`
    insert into suppressions (workspace_id, id, hash, reason, added_at, added_by, run_id)
    select r.workspace, r.id, decode(r.hash, 'hex'), ${REASON}, r.at, r.by, r.run
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r (workspace uuid, id uuid, hash text, at timestamptz, by uuid, run uuid)
    on conflict do nothing
  `.execute(tx)
  const { rows: standing } = await sql`
    select 1 from suppressions
    where lifted_at is null and workspace_id::text || ' ' || id = any(${[...lifted]}::text[])
  `.execute(tx)
  return { listed: Number(put.numAffectedRows ?? 0), standing: standing.length }
}
