import type { DataRecord, Reference } from '../../../connectors/kit/connector.ts'
import { type DocumentTotals, lastOf, TOTALS } from './document-totals.ts'
import { imaginedMemory } from './dry-memory.ts'
import { BatchMemory } from '../journal/node-memory.ts'
import type { Journal, Ledger, LedgerRow, NewEffect, SettledBatch } from '../journal/journal.ts'

/** Under this name a dry run keeps what it would have done, among what runs gather. No node can have it. */
const KEPT = '(dry)'

type Row = Pick<LedgerRow, 'document' | 'part' | 'kind' | 'reverses' | 'call' | 'position' | 'state'> & {
  /** In hexadecimal. */
  readonly hash: string
}
type Imagined =
  | { readonly rows: readonly Row[] }
  | { readonly values: readonly DataRecord[] }
  | { readonly confirmed: true }

/**
 * Journal and ledger of a dry run. What it would send is compared with the true ledger and with what this run would have
 * sent before, and is written down nowhere but among what the run has gathered, which goes away after its end. No
 * exception is made or closed, no cursor moves.
 */
export function imagine(journal: Journal, ledger: Ledger): { readonly journal: Journal; readonly ledger: Ledger } {
  const known = new Map<string, Imagined>()
  /** Of the batch in hand: settles with it. */
  const news = new Set<string>()
  /** Another claim of this run may have imagined things before. */
  let resumed = false

  const set = (group: string, imagined: Imagined) => {
    known.set(group, imagined)
    news.add(group)
  }
  const load = async (groups: readonly string[]) => {
    const unknown = resumed ? groups.filter((group) => !known.has(group)) : []
    if (unknown.length === 0) return
    // Written by `settle` below.
    for (const [group, { state }] of await journal.groups(KEPT, unknown)) known.set(group, state as Imagined)
  }
  const rowsAt = (group: string): readonly Row[] => {
    const imagined = known.get(group)
    return imagined && 'rows' in imagined ? imagined.rows : []
  }
  const put = (group: string, row: Row) =>
    set(group, { rows: [...rowsAt(group).filter(({ part }) => part !== row.part), row] })
  const nothing = async () => undefined

  const dryLedger: Ledger = {
    target: (connection, operation) => ledger.target(connection, operation),
    suppressed: (subjects) => ledger.suppressed(subjects),
    recover: async () => [],
    doubts: async () => [],
    doubtful: async () => [],
    unnamed: async () => [],
    looking: async () => false,
    found: nothing,
    except: nothing,
    send: nothing,
    suppress: nothing,
    repeat: async () => 0,
    replace: nothing,

    find: async (target, documents) => {
      const rows = await ledger.find(target, documents)
      await load(documents.map((document) => documentGroup(target, document)))
      const imagined = documents.flatMap((document) => rowsAt(documentGroup(target, document)))
      const replaced = new Set(imagined.map(({ document, part }) => `${document}\0${part}`))
      return [
        ...rows.filter(({ document, part }) => !replaced.has(`${document}\0${part}`)),
        ...imagined.map((row) => ({ ...row, hash: Buffer.from(row.hash, 'hex'), ours: false })),
      ]
    },

    values: async (calls) => {
      await load(calls.map(callGroup))
      const own = calls.flatMap((call): [string, readonly DataRecord[]][] => {
        const imagined = known.get(callGroup(call))
        return imagined && 'values' in imagined ? [[call, imagined.values]] : []
      })
      const mine = new Set(own.map(([call]) => call))
      return new Map([...(await ledger.values(calls.filter((call) => !mine.has(call)))), ...own])
    },

    open: async (calls) => {
      for (const { call, effects } of calls) {
        if (effects.length > 0 && call.values) set(callGroup(call.id), { values: call.values })
        for (const effect of effects) put(documentGroup(call.target, effect.document), rowOf(effect, call.id))
      }
    },

    answer: async (target, _call, _state, _message, marks) => {
      for (const { document, part, state } of marks) {
        if (state !== 'reversed') continue
        const [row] = (await dryLedger.find(target, [document])).filter((one) => one.part === part)
        if (row) put(documentGroup(target, document), { ...row, hash: row.hash.toString('hex'), state })
      }
    },

    confirmed: async (connection, references) => {
      const found = new Set(await ledger.confirmed(connection, references))
      await load(references.map((reference) => referenceGroup(connection, reference)))
      for (const [index, reference] of references.entries()) {
        if (known.has(referenceGroup(connection, reference))) found.add(index)
      }
      return found
    },
  }

  const { memory, remember } = imaginedMemory(journal.memory)
  const dryJournal: Journal = {
    ...journal,
    memory,
    standing: async () => {
      const standing = await journal.standing()
      resumed = standing.batch > 0
      return standing
    },
    settle: async (batch) => {
      for (const { target, key, hash, call, position } of batch.upserts) {
        put(documentGroup(target, key), rowOf({ document: key, part: '', kind: 's', hash, position }, call))
      }
      for (const { connection, reference } of batch.confirmed) {
        set(referenceGroup(connection, reference), { confirmed: true })
      }
      remember(batch.memory)
      const totals = await lastTotals(journal, batch.folds)
      const folds = [...news].map((group) => ({ node: KEPT, group, seq: 0, state: known.get(group) }))
      news.clear()
      await journal.settle({ ...batch, ...LEFT_OUT, folds: [...totals, ...folds] })
    },
  }
  return { journal: dryJournal, ledger: dryLedger }
}

/** What documents amount to, where some came in an earlier batch too. */
async function lastTotals(journal: Journal, folds: SettledBatch['folds']): Promise<SettledBatch['folds']> {
  const groups = folds.flatMap(({ node, group }) => (node === TOTALS ? [group] : []))
  if (groups.length === 0) return folds
  const before = await journal.groups(TOTALS, groups)
  return folds.map((fold) => {
    const known = fold.node === TOTALS ? before.get(fold.group) : undefined
    // Both written by noteTotals.
    return known ? { ...fold, state: lastOf(known.state as DocumentTotals, fold.state as DocumentTotals) } : fold
  })
}

const LEFT_OUT: Pick<
  SettledBatch,
  'exceptions' | 'retried' | 'passed' | 'answeredCalls' | 'upserts' | 'confirmed' | 'memory'
> = {
  exceptions: [],
  retried: [],
  passed: [],
  answeredCalls: [],
  upserts: [],
  confirmed: [],
  memory: new BatchMemory().remembered(),
}

const documentGroup = (target: number, document: string) => `document ${target} ${document}`
const callGroup = (call: string) => `call ${call}`
const referenceGroup = (connection: string, { kind, key }: Reference) => `reference ${connection} ${kind} ${key}`

const rowOf = ({ document, part, kind, reverses, hash, position }: NewEffect, call: string): Row => ({
  document,
  part,
  kind,
  reverses,
  hash: hash.toString('hex'),
  call,
  position,
  state: 'confirmed',
})
