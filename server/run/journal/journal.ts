import type { Cursor, DataRecord, Reference } from '../../../connectors/kit/connector.ts'
import type { Exchange } from '../../connect/connections.ts'
import type { KeptPair, KeptRecord } from './kept.ts'
import type { NodeMemory, Remembered } from './node-memory.ts'
import type { RunStart } from './run-start.ts'

export type { RunStart }

/** What a worker holds while it carries out a run. Every write names run and epoch: an old epoch writes nothing. */
export type RunClaim = {
  readonly workspace: string
  readonly run: string
  readonly flow: string
  readonly version: number
  readonly epoch: number
  /** The run's day (YYYY-MM-DD): names the partition of its trace. */
  readonly day: string
  /** How long its trace is kept: names the partition too. */
  readonly traceClass: 'short' | 'standard' | 'long'
  /** What `$now()` answers, fixed for the whole run. */
  readonly fixedNow: Date
  /** The trigger node that started it. */
  readonly causeNode: string
  readonly cause: string
  readonly start: RunStart
  /** Leaves out every write that a person outside would notice at once (events, mails). */
  readonly quiet: boolean
  /** Reads and compares, sends nothing and leaves nothing behind but its trace. */
  readonly dry?: boolean
}

/** Thrown when another worker holds a newer epoch of the run, or the run was ended: stop, write nothing more. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

/** Thrown when somebody asked for the run to be cancelled. */
export class RunCancelled extends Error {
  override name = 'RunCancelled'
}

/** Thrown when somebody asked for the run to be put down: what is in hand has settled. */
export class RunPaused extends Error {
  override name = 'RunPaused'
}

/** Thrown when what a run is to be fed is not there, or not as a whole. The message is for people. */
export class FeedGone extends Error {
  override name = 'FeedGone'
}

/** Where a fed record comes into the plan: it goes into a node, or leaves a trigger or a read as if it came from there. */
export type Entrance =
  | { readonly node: string; readonly input: string }
  | { readonly leave: string; readonly port: string }

/** A record that does not come from a read: an event, a record that failed before, one that went into a step before. */
export type FedRecord = {
  readonly enter: Entrance
  readonly record: DataRecord
  /** The exception that is tried again. */
  readonly exception?: string
  /** Under which it waited; it waits no more when the batch settles. */
  readonly waited?: string
}

export type FedPage = {
  readonly records: readonly FedRecord[]
  /** Where to go on after these records have settled. */
  readonly cursor: Cursor
  /** Nothing comes after it. */
  readonly last: boolean
}

/** The name under which the feed stands among a run's sources. No node can have it. */
export const FEED = '(feed)'

/** Reads a run works with: how far each had come when the run began is kept, so that it can be carried out again. */
export type BegunRead = { readonly node: string; readonly slot: string }

/** What became of an exception that was tried again. */
export type Retried =
  | { readonly exception: string; readonly outcome: 'passed' }
  | { readonly exception: string; readonly outcome: 'rejected'; readonly again: NewException }

export type SourceStanding = {
  readonly cursor: Cursor | undefined
  readonly done: boolean
  /** Of an incremental read whose cursor is held. */
  readonly seen?: Buffer
}

export type Standing = {
  /** Number of the next batch. */
  readonly batch: number
  /** Reads, flushes and the trigger, by node: where this run has come to. */
  readonly sources: ReadonlyMap<string, SourceStanding>
}

/** Where a flow's incremental read stands between runs. */
export type StoredCursor = { readonly cursor: Cursor; readonly seen: Buffer }

export type StepRow = {
  readonly node: string
  readonly position: number
  readonly operation: string
  readonly startedAt: Date
  /** Waiting for budgets and back-off. */
  readonly waitingMs: number
  readonly workingMs: number
  readonly calls: number
  /** One, and one more for each call that had to be made again. */
  readonly attempts: number
  readonly counts: { readonly [name: string]: number }
  readonly error?: { readonly code: string; readonly message: string }
  /** The calls themselves, for whoever watches the run; not written with the step. */
  readonly exchanges?: readonly Exchange[]
}

/** One chunk of a payload: a JSON array text, compressed with zstd. */
export type PayloadRow = {
  readonly node: string
  readonly kind: string
  readonly chunk: number
  /** Records in this chunk, and in the payload as a whole (more than kept, when only a sample is kept). */
  readonly records: number
  readonly total: number
  readonly bytes: number
  readonly content: Buffer
}

export type NewException = {
  readonly node: string
  /** Counts the exceptions of one node in one batch. */
  readonly position: number
  readonly code: string
  readonly message: string
  readonly remote?: string | undefined
  readonly businessKey: string | undefined
  readonly desk: 'finance' | 'marketing' | 'technical'
  readonly amount: string | undefined
  readonly currency: string | undefined
  readonly record: DataRecord
  /** The effect it is about, as the ledger knows it. */
  readonly effect?: EffectName | undefined
  /** Which meetings are one exception (identity.ts). Absent: each stands for itself. */
  readonly identity?: Identity | undefined
  /** By which a later success at the node resolves it; in a flow that keeps order: behind which later records wait. */
  readonly matchKey?: string | undefined
  /** The open exception of the same key that came first. */
  readonly heldBehind?: string | undefined
}

/** `counted`: equal contents of one run are different records, and are told apart by their number. */
export type Identity = { readonly text: string; readonly counted: boolean }

/** Keys of a flow's open exceptions, by node. May be incomplete when there are very many. */
export interface OpenKeys {
  hasNode(node: string): boolean
  /** The oldest open exception of a key. */
  first(node: string, key: string): string | undefined
}

/** Which effects an exception is about: those of a document at a target. */
export type EffectName = { readonly target: number; readonly document: string }

export type SettledBatch = {
  readonly batch: number
  readonly source: {
    readonly node: string
    readonly cursor: Cursor | undefined
    readonly done: boolean
    readonly records: number
    /** Set for incremental reads: the flow's cursor moves with the batch or, when held, with the end of the run. */
    readonly incremental?: { readonly connection: string; readonly seen: Buffer; readonly held: boolean }
  }
  readonly steps: readonly StepRow[]
  readonly payloads: readonly PayloadRow[]
  readonly exceptions: readonly NewException[]
  /** Exceptions that entered with this batch. Those rejected again are not among `exceptions`. */
  readonly retried: readonly Retried[]
  /** Keys of open exceptions of which a later record went through. */
  readonly passed: readonly { readonly node: string; readonly key: string }[]
  readonly answeredCalls: readonly { readonly call: string; readonly state: 'answered' | 'refused' }[]
  /** Upserts that were confirmed, for “changed only”. */
  readonly upserts: readonly {
    readonly target: number
    readonly key: string
    readonly hash: Buffer
    readonly call: string
    readonly position: number
  }[]
  readonly confirmed: readonly { readonly connection: string; readonly reference: Reference }[]
  /** Groups of summarise nodes, whole: they replace what was stored. */
  readonly folds: readonly {
    readonly node: string
    readonly group: string
    readonly seq: number
    readonly state: unknown
  }[]
  /** Records kept for joins and comparisons. */
  readonly kept: readonly KeptRecord[]
  readonly memory: Remembered
  /** Added to the run's counts. */
  readonly counts: { readonly [name: string]: number }
  /** Business keys of the records that left each source, for “what happened to INV-0192”. */
  readonly keys: readonly { readonly node: string; readonly keys: ReadonlySet<string> }[]
}

/** What a run remembers so that it can resume, as the executor needs it. Bound to one claim. */
export interface Journal {
  /** @throws LeaseLost | RunCancelled | RunPaused */
  standing(): Promise<Standing>
  /** Writes down where the reads stand as the run begins; says nothing of reads it has written down before. */
  begin(reads: readonly BegunRead[]): Promise<void>
  /** Where an incremental read begins: at the flow's cursor, or where it stood when the run that is done again began. */
  cursor(node: string, connection: string): Promise<StoredCursor | undefined>
  /** How the run begins; of one that is done again, how the earlier one began. */
  began(): Promise<RunStart>
  /** The next page of what is fed to this run; undefined at the end, and for runs that are fed nothing. @throws FeedGone */
  feed(after: Cursor | undefined, limit: number): Promise<FedPage | undefined>
  /**
   * One transaction: everything of the batch, and the cursor. @throws LeaseLost | RunCancelled | RunPaused (nothing is
   * written by the first; the others come after the batch has settled).
   */
  settle(batch: SettledBatch): Promise<void>
  /** Moves the flow's cursors that were held to where this run has come. @throws LeaseLost */
  releaseCursors(): Promise<void>
  /** Loaded once per run, and kept up to date with what the run itself leaves behind. */
  openKeys(): Promise<OpenKeys>
  groups(node: string, keys: readonly string[]): Promise<ReadonlyMap<string, { seq: number; state: unknown }>>
  /** Groups after `seq`, in the order they first appeared. */
  groupsAfter(
    node: string,
    seq: number,
    limit: number,
  ): Promise<readonly { seq: number; group: string; state: unknown }[]>
  kept(node: string, keys: readonly string[]): Promise<ReadonlyMap<string, readonly DataRecord[]>>
  /** Both sides of a comparison, in the order of keys: as many keys after `key` as have about `limit` records. */
  keptPairs(node: string, key: string | undefined, limit: number): Promise<readonly KeptPair[]>
  readonly memory: NodeMemory
}

export type LedgerState = 'intended' | 'sent' | 'confirmed' | 'rejected' | 'unknown' | 'reversed'

export type LedgerRow = {
  readonly document: string
  readonly part: string
  readonly kind: 's' | 'r'
  readonly reverses: string | undefined
  readonly hash: Buffer
  readonly call: string
  readonly position: number
  readonly state: LedgerState
  /** The call belongs to this very claim. */
  readonly ours: boolean
  /** Of runs that bring old data: it was sent by a run that read what it sent after that. */
  readonly newer?: boolean
}

export type NewEffect = {
  readonly document: string
  readonly part: string
  readonly kind: 's' | 'r'
  readonly reverses?: string | undefined
  readonly hash: Buffer
  readonly position: number
}

export type NewCall = {
  readonly id: string
  readonly target: number
  readonly node: string
  readonly batch: number
  readonly state: 'intended' | 'sent'
  readonly items: number
  /** Values of the effects by position: to reverse them, and to send or find them again. Absent for upserts. */
  readonly values?: readonly DataRecord[]
  /** Number of the login token it is sent with, where its key belongs to that. */
  readonly generation?: number | undefined
}

export type EffectMark = {
  readonly document: string
  readonly part: string
  readonly state: 'rejected' | 'unknown' | 'reversed'
  readonly message?: string
  /** Of `reversed`: part of the effect that did it. */
  readonly by?: string
}

/** A call of which nobody knows whether it arrived, with its effects in doubt, in the order in which they were sent. */
export type DoubtfulCall = {
  readonly id: string
  readonly node: string
  readonly batch: number
  readonly target: number
  /** Since it was last sent, by the database's clock. */
  readonly quietMs: number
  readonly generation: number | undefined
  /** How often it was looked for, and how long ago it last was. */
  readonly probes: number
  readonly probedMsAgo: number | undefined
  readonly message: string | undefined
  readonly effects: readonly DoubtfulEffect[]
}

export type DoubtfulEffect = {
  readonly document: string
  readonly part: string
  readonly kind: 's' | 'r'
  readonly reverses: string | undefined
  readonly position: number
  readonly value: DataRecord
}

/** What looking for an effect in the other system gave. */
export type Probed = 'arrived' | 'absent' | 'unclear'

/** The effect ledger, bound to one claim. Every method commits before it returns. */
export interface Ledger {
  /** The number of an operation on a connection. */
  target(connection: string, operation: string): Promise<number>
  /**
   * Calls of this run whose end nobody wrote down: `intended` are forgotten; `sent` become what `afterLoss` says, and
   * stay as they are where it says `ask`. Answers the ids of the latter.
   */
  recover(afterLoss: (node: string) => 'unknown' | 'repeated' | 'ask'): Promise<readonly string[]>
  find(target: number, documents: readonly string[]): Promise<readonly LedgerRow[]>
  /** What calls sent, by call. */
  values(calls: readonly string[]): Promise<ReadonlyMap<string, readonly DataRecord[]>>
  /**
   * Writes down calls and their effects before anything is dialled. Effects in `forget` were refused before and are
   * replaced. Of upserts in `overwritten` the ledger no longer says which content is there, until their batch settles.
   * @throws LeaseLost; KeyTaken when another run came first.
   */
  open(
    calls: readonly { readonly call: NewCall; readonly effects: readonly NewEffect[] }[],
    forget?: readonly { readonly target: number; readonly document: string; readonly part: string }[],
    overwritten?: { readonly target: number; readonly documents: readonly string[] },
  ): Promise<void>
  /** intended → sent. @throws LeaseLost */
  send(call: string, generation?: number): Promise<void>
  /**
   * Writes down that a call is made once more, and answers the milliseconds since it was first sent. Of one that was sent
   * longer ago than `withinMs` it writes nothing and answers undefined. @throws LeaseLost
   */
  repeat(call: string, withinMs: number): Promise<number | undefined>
  /** A call that was refused as a whole goes on as several: each effect moves to the one that names its place. */
  replace(
    call: string,
    message: string,
    by: readonly { readonly call: NewCall; readonly effects: readonly NewEffect[] }[],
  ): Promise<void>
  /** Of these calls, those with effects in doubt. */
  doubts(calls: readonly string[]): Promise<readonly DoubtfulCall[]>
  /** Calls to a target with effects in doubt, of this run and others; those that were looked for longest ago first. */
  doubtful(target: number, limit: number): Promise<readonly DoubtfulCall[]>
  /**
   * Says that this claim is about to look for a call: until `found`, or until it has the run no more, nobody may say that
   * the call did not arrive. False: another one is looking, or nothing of it is in doubt any more. @throws LeaseLost
   */
  looking(call: DoubtfulCall): Promise<boolean>
  /**
   * What looking for a call's effects in doubt gave, in their order: `arrived` are confirmed, `absent` forgotten, so that
   * they can be sent anew; `unclear` stay unknown. Exceptions of documents that are clear now are resolved. What was
   * settled meanwhile stays as it is. @throws LeaseLost
   */
  found(call: DoubtfulCall, probed: readonly Probed[]): Promise<void>
  /** Effects that this run left in doubt and that no open exception names. */
  unnamed(): Promise<readonly DoubtfulCall[]>
  /** Adds exceptions of batches that do not settle any more. */
  except(exceptions: readonly { readonly batch: number; readonly exception: NewException }[]): Promise<void>
  /**
   * What became of a call. That it was answered is kept whoever says so; all else only of who holds the run, as another
   * one may have made the same call again. @throws LeaseLost
   */
  answer(
    target: number,
    call: string,
    state: 'answered' | 'refused' | 'unknown',
    message: string | undefined,
    marks: readonly EffectMark[],
  ): Promise<void>
  /** Which of the references are confirmed on the connection, as indexes. */
  confirmed(connection: string, references: readonly Reference[]): Promise<ReadonlySet<number>>
  /**
   * Which of several things are about somebody in the workspace's suppression list, as indexes. `subjects` is called
   * only when the list holds anybody, and says whom each is about.
   */
  suppressed(subjects: () => readonly (readonly Reference[])[]): Promise<ReadonlySet<number>>
  /** Puts people into the suppression list, in the name of a step of this run, and says why. @throws LeaseLost */
  suppress(node: string, people: readonly Reference[], reason: string): Promise<void>
}

/** Two runs wanted to write the same effect at the same time, and the other one was first. */
export class KeyTaken extends Error {
  override name = 'KeyTaken'
}
