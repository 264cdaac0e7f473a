import type { Static, TObject, TSchema } from 'typebox'
import type { Code } from './errors.ts'
import type { LoginKind } from './login.ts'
import type { Files } from './files.ts'
import type { Hook } from './hook.ts'
import type { Http, HttpAnswer, HttpRequest } from './http.ts'
import type { Option, OptionSource } from './options.ts'
import type { Wire } from './wire.ts'

export type { AppliedLogin, LoginContext, LoginKind, Tokens } from './login.ts'

/** One business object as it travels through a flow: an invoice, a contact. Plain JSON. */
export type DataRecord = { readonly [field: string]: unknown }

/** Where a read stands. Only the operation that wrote it can read it. Plain JSON. */
export type Cursor = { readonly [key: string]: unknown }

export type Page = {
  readonly records: readonly DataRecord[]
  /** What should have been a record and cannot be one: a broken row of a file. Each becomes an exception. */
  readonly refused?: readonly { readonly record: DataRecord; readonly code: Code; readonly message: string }[]
  /** Where to go on after these records have settled. Never "now": taken from what was read. */
  readonly cursor: Cursor
}

/** What became of one item of a write. `unknown`: it may have arrived, and nobody can tell from here. */
export type Outcome =
  | { readonly status: 'confirmed'; readonly id?: string }
  | { readonly status: 'rejected'; readonly code: Code; readonly message: string; readonly remote?: string }
  | { readonly status: 'unknown'; readonly message: string }

export const CONFIRMED: Outcome = { status: 'confirmed' }

/** What an operation gets to do its work, deliberately poor: no database, no clock, no environment. */
export type Context<Settings = unknown> = {
  readonly settings: Settings
  /** The connection's settings that are not secret (addresses, merchant id, …). */
  readonly connection: { readonly [field: string]: unknown }
  /** Bound to the connection: base addresses, login, budget, time limit, egress guard. */
  readonly http: Http
  /** For protocols other than HTTP. */
  readonly wire: Wire
  /** What the workspace keeps. */
  readonly files: Files
  readonly signal: AbortSignal
}

/** Something another step may rely on, for example "this contact exists in Emarsys". Hashed before it is stored. */
export type Reference = { readonly kind: 'contact'; readonly key: string }

/** A rule that `validate` applies to a node's settings, as data, so that browser and server judge alike. */
export type SettingsRule =
  | {
      /** The object key `key` may appear in expression `setting` only when setting `unless` is true. */
      readonly rule: 'guarded-key'
      readonly setting: string
      readonly key: string
      readonly unless: string
      readonly severity: 'error' | 'warning'
      readonly message: string
    }
  | {
      /** What expression `setting` builds must have the object key `key`: without it the ledger cannot tell repeats. */
      readonly rule: 'needs-key'
      readonly setting: string
      readonly key: string
      readonly severity: 'error' | 'warning'
      readonly message: string
    }
  | {
      /** Warns when list `setting` holds nothing but `values`. */
      readonly rule: 'only-values'
      readonly setting: string
      readonly values: readonly string[]
      readonly severity: 'error' | 'warning'
      readonly message: string
    }

type Common<S extends TObject> = {
  /** Verb-noun, kebab-case, unique within the connector: `list-invoices`. */
  readonly name: string
  readonly title: string
  /** One sentence a consultant reads in the palette. */
  readonly summary: string
  /** Other words people search by. */
  readonly synonyms?: readonly string[]
  /** Settings form, check and documentation in one. Every property has a title; optional ones a default. */
  readonly settings: S
  /** Remote permissions it needs: OAuth scopes or permission names, in the remote's spelling. */
  readonly permissions: readonly string[]
  readonly rules?: readonly SettingsRule[]
  /** Names of record fields that hold money, for the money warnings in expressions. */
  readonly moneyFields?: readonly string[]
}

/** A stretch of calendar days, `from` part of it and `to` not (YYYY-MM-DD). */
export type Window = { readonly from: string; readonly to: string }

/** Why a record that was read cannot be used. */
export type Flaw = { readonly code: Code; readonly message: string }

export type ReadOperation<S extends TObject = TObject> = Common<S> & {
  readonly kind: 'read'
  /** True when the cursor makes a second run read changes only. */
  readonly incremental: boolean
  /** Its cursor is exact: nothing is ever delivered again, so records need not be told apart. */
  readonly exact?: boolean
  /**
   * Identity, version and change time (ISO 8601, UTC) of a record, for the de-duplication of re-read records.
   * Needed when `incremental` and not `exact`.
   */
  readonly identify?: (record: DataRecord) => { readonly id: string; readonly version: string; readonly at: string }
  /**
   * What is wrong with a record that cannot be what the remote says it is (a field missing or of another kind, a value
   * nobody knows). It becomes an exception, and its neighbours go on. Pure and quick.
   */
  readonly flaw?: (record: DataRecord) => Flaw | undefined
  /**
   * Called once per run, and again from the last settled cursor after a crash; `undefined` on the first run.
   * Ends by returning. Records may be delivered again (overlap); the runtime drops those it has seen.
   * The last page may be empty: it carries the cursor for the next run.
   */
  read(context: Context<Static<S>>, from: Cursor | undefined): AsyncIterable<Page>
  /** For back-fills: reads what falls into a window, and nothing else. Absent: the read cannot be back-filled. */
  readonly window?: {
    /** Which day counts, for people: “invoice date”. */
    readonly title: string
    read(context: Context<Static<S>>, window: Window, from: Cursor | undefined): AsyncIterable<Page>
  }
  /**
   * Makes a record anew of one that was refused, for reads that cannot find it again: a row of a file. A person may have
   * put it right meanwhile, or the settings. Absent: it is judged as it stands. Pure and quick.
   */
  again?(settings: Static<S>, refused: DataRecord): { readonly record: DataRecord } | Flaw
  /**
   * For the re-sync of single records. Absent: the read cannot find one. At most 50 keys. Answers under the keys that
   * were asked, whatever their case over there; a key absent from the answer finds nothing, and one may find several.
   * What two keys find is one and the same object.
   */
  readonly single?: {
    /** What a key is, for people: “invoice number or id”. */
    readonly title: string
    find(context: Context<Static<S>>, keys: readonly string[]): Promise<ReadonlyMap<string, readonly DataRecord[]>>
  }
  /** How much a read would bring, asked with at most one call; undefined when the remote does not say. */
  estimate?(
    context: Context<Static<S>>,
    scope: { readonly from?: Cursor | undefined; readonly window?: Window | undefined },
  ): Promise<Estimate | undefined>
}

export type Estimate = {
  readonly records: number
  readonly calls: number
  /** The first few of them, where the call brings some. */
  readonly sample?: readonly DataRecord[]
  /**
   * Of an incremental read: the cursor that leaves all of them out and reads what changes from now on, by the remote’s
   * own clock. Absent where nothing tells its time.
   */
  readonly latest?: Cursor
}

export type LookupOperation<S extends TObject = TObject> = Common<S> & {
  readonly kind: 'lookup'
  /** Most keys of one `find` call. */
  readonly maxBatch: number
  /** Remote calls of one `find`, where a key stands for a set that takes more than one. Forecasts count with it. */
  readonly calls?: number
  /**
   * One remote call for up to `maxBatch` distinct keys, or `calls`. A key absent from the answer is unmatched.
   * The remote's spelling of a key may differ in case: answer under the key that was asked.
   */
  find(context: Context<Static<S>>, keys: readonly string[]): Promise<ReadonlyMap<string, DataRecord>>
  /** As for writes; there is no payload. */
  bind?(context: Context<Static<S>>, payloads: readonly unknown[]): Promise<Static<S>>
  /** What a hit proves, remembered for the connection. */
  confirms?(settings: Static<S>, key: string, found: DataRecord): readonly Reference[]
  /** Why a record cannot go on although what it asks for is there. It becomes an exception. Pure and quick. */
  refuse?(settings: Static<S>, record: DataRecord, found: DataRecord): Flaw | undefined
}

/**
 * What follows a lost answer. `upsert`: same key, same result: send again. `keyed`: the remote drops repeats within a
 * window. `unsafe`: the remote cannot tell a repeat: the effect becomes unknown, is shown, and is never sent again.
 */
export type EffectClass = 'upsert' | 'keyed' | 'unsafe'

/** When is an effect sent? See docs/effects.md. */
export type Policy = 'every-time' | 'once-per-key' | 'once-per-key-and-content' | 'difference'

/** What goes over the wire for one effect: the business key under which the ledger knows it, and its content. */
export type WriteItem = { readonly key: string; readonly value: DataRecord }

export type WriteOperation<S extends TObject = TObject> = Common<S> & {
  readonly kind: 'write'
  readonly effect: EffectClass
  /** The first one is the default. */
  readonly policies: readonly Policy[]
  /** Shape of one payload: what the node's `record` expression must yield. */
  readonly payload: TSchema
  /** Most items of one call. */
  readonly maxBatch: number
  /** `keyed` only: for how long the remote knows an idempotency key again, in milliseconds. */
  readonly keyWindowMs?: number
  /** A call is taken or refused as a whole: the remote names no single item. */
  readonly whole?: boolean
  /** Somebody outside notices it at once (an event that sends mail): quiet runs leave it out. */
  readonly announces?: boolean
  /**
   * Asked once for what a batch is about to send, before anything of it is written down or dialled: what the remote
   * would refuse for a reason that can be known beforehand (a closed period). One answer per item, in order; undefined
   * lets it go. For `difference` the items are the rows, and a document of which one is refused is not sent at all. No
   * more calls than it would take to send, and two for all; none where it can say without.
   */
  check?(
    context: Context<Static<S>>,
    items: readonly WriteItem[],
  ): Promise<readonly (Extract<Outcome, { readonly status: 'rejected' }> | undefined)[]>
  /**
   * After a lost answer: looks whether items arrived. One answer per item, in order; `unclear` when the remote does not
   * say. Absent: it cannot be found out, and such effects stay unknown until a person settles them.
   */
  probe?(
    context: Context<Static<S>>,
    items: readonly WriteItem[],
  ): Promise<readonly ('arrived' | 'absent' | 'unclear')[]>
  /**
   * Puts what only the remote knows into the settings: a field's name becomes its number. Called with what a step is about
   * to send, before anything else of the operation; whoever calls uses the answered settings from there on. No call where
   * nothing is named, at most one otherwise. Throws what concerns the whole step; a record's own trouble is left to
   * `prepare`.
   */
  bind?(context: Context<Static<S>>, payloads: readonly unknown[]): Promise<Static<S>>
  /**
   * Brings a payload that fits the schema into the form in which it is compared, stored and sent (trimmed keys, empty
   * fields dropped). Throws a StepError to reject this record only.
   */
  prepare(settings: Static<S>, payload: DataRecord): DataRecord
  /** Business key of a prepared payload; never empty. For `difference` operations: of the document. */
  key(settings: Static<S>, payload: DataRecord): string
  /** For `difference`: the rows a document consists of, and the row that undoes a row. */
  readonly difference?: {
    rows(settings: Static<S>, payload: DataRecord): readonly DataRecord[]
    /** `document` is the payload that makes the row needless: what travels with it is of today. */
    reverse(settings: Static<S>, row: DataRecord, document: DataRecord): DataRecord
    /** What of a row is compared, where not all of it is; the rest travels with it. Absent: all of it. */
    compared?(row: DataRecord): DataRecord
    /**
     * What a row amounts to, for comparing sums: a plain decimal, and the currency (empty: the account's own). Undefined
     * for a row that is no money. Absent: rows of the operation are not added up.
     */
    amount?(settings: Static<S>, row: DataRecord): { readonly amount: string; readonly currency: string } | undefined
    /** What people call the document that a row belongs to, such as its number; empty where the row does not say. */
    name?(settings: Static<S>, row: DataRecord): string
    /** The rows of a document never part: a call holds up to `maxBatch` documents, each as a whole. */
    readonly together?: boolean
  }
  /** Must be confirmed on this connection before the payload may be sent. */
  requires?(settings: Static<S>, payload: DataRecord): readonly Reference[]
  /** What a confirmed item proves, remembered for the connection. */
  confirms?(settings: Static<S>, payload: DataRecord): readonly Reference[]
  /**
   * Where a call has other limits than a number of items: which part of one call an item takes, 1 being all of it. Calls
   * are filled up to 1; what is larger goes alone.
   */
  share?(settings: Static<S>, payload: DataRecord): number
  /** Whom the payload is about: if one of them was erased and must not come back, it is never sent. */
  subjects?(settings: Static<S>, payload: DataRecord): readonly Reference[]
  /** Whom the payload erases: noted before it is sent, so that no later step brings them back. */
  erases?(settings: Static<S>, payload: DataRecord): readonly Reference[]
  /** Whom a confirmed item keeps from coming back, and why, without any personal data. */
  bars?(settings: Static<S>, payload: DataRecord): { readonly people: readonly Reference[]; readonly reason: string }
  /**
   * Exactly one remote call with up to `maxBatch` items, no two with one key. Answers one outcome per item, in order.
   * A thrown StepError is about the call as a whole; its `dialled` says whether a byte may have left.
   */
  write(context: Context<Static<S>>, items: readonly WriteItem[], call: WriteCall): Promise<readonly Outcome[]>
}

/** `id` is the same when the same call is made again: for remotes that take an idempotency key. At most 64 characters. */
export type WriteCall = { readonly id: string }

export type TriggerOperation<S extends TObject = TObject> = Common<S> & {
  readonly kind: 'trigger'
  /** Whether an event is one that this trigger waits for. */
  wants(settings: Static<S>, event: DataRecord): boolean
}

export type Operation = ReadOperation | LookupOperation | WriteOperation | TriggerOperation

// Erase the settings type at the registry's door: the runtime validates settings against the schema before each use.
export const defineRead = <S extends TObject>(operation: Omit<ReadOperation<S>, 'kind'>): ReadOperation =>
  ({ ...operation, kind: 'read' }) as unknown as ReadOperation
export const defineLookup = <S extends TObject>(operation: Omit<LookupOperation<S>, 'kind'>): LookupOperation =>
  ({ ...operation, kind: 'lookup' }) as unknown as LookupOperation
export const defineWrite = <S extends TObject>(operation: Omit<WriteOperation<S>, 'kind'>): WriteOperation =>
  ({ ...operation, kind: 'write' }) as unknown as WriteOperation
export const defineTrigger = <S extends TObject>(operation: Omit<TriggerOperation<S>, 'kind'>): TriggerOperation =>
  ({ ...operation, kind: 'trigger' }) as unknown as TriggerOperation

export type Finding = {
  readonly title: string
  readonly ok: boolean
  readonly detail: string
  /** The failure as it came, with the other system's own words, where `detail` says it plainly. */
  readonly said?: string
  /** It works, but not for long: something is to be done. */
  readonly warning?: boolean
  /** The login itself was refused: nothing works by it until a person enters or signs in anew. */
  readonly refused?: boolean
  /** Permissions that were tried at the remote, and whether it grants each. */
  readonly tried?: { readonly [permission: string]: boolean }
}

/** One limit of a remote, as the remote counts it. Counts are calls; what is absent is not limited. */
export type Limit = {
  /**
   * Who is counted: the organisation, the credential, with the address of the remote. All connections whose limits have
   * one key share it, in whatever workspace and process. Never a secret; only a keyed hash of it is stored.
   */
  readonly key: string
  /** At once, over all processes. */
  readonly concurrent?: number
  /** At once from one process, as a courtesy, where the remote names no number. */
  readonly perProcess?: number
  /** A million or more is none: each process then keeps its own book, and asks no other. */
  readonly perMinute?: number
  /** In any 24 hours. */
  readonly perDay?: number
  /** Headers (lower case) in which the remote says how many calls are left. */
  readonly left?: { readonly minute?: string; readonly day?: string }
  /** In how many milliseconds the remote's window ends, where a header of its own says so with each answer. */
  freeInMs?(answer: Pick<HttpAnswer, 'headers'>): number | undefined
  /** Whether a 429 is about this limit. Absent: always. */
  broken?(answer: Pick<HttpAnswer, 'headers'>): boolean
}

/** Who calls, for `Connector.limits`. */
export type Caller = {
  /** Names the login without being secret (LoginKind.credential); never empty. */
  readonly credential: string
  /** The call in question; absent when the connection as a whole is asked about. */
  readonly request?: Pick<HttpRequest, 'url' | 'headers'>
}

export type Connector = {
  /** Kebab-case: `xero`. Operations are known as `xero.list-invoices`. */
  readonly name: string
  readonly title: string
  readonly summary: string
  /** Not secret: addresses, organisation, merchant id. Every address property has format `uri`. */
  readonly settings: TObject
  readonly logins: readonly LoginKind[]
  /**
   * What the remote allows a call of this connection, the narrowest limit first; plans and sandboxes differ, so its
   * settings have a say.
   */
  limits(connection: { readonly [field: string]: unknown }, caller: Caller): readonly Limit[]
  /** Hosts (`host:port`) that this connection's login may be sent to, from its settings. */
  hosts(connection: { readonly [field: string]: unknown }): readonly string[]
  /**
   * Whether the connection asks its remote for a permission that an operation needs, by its settings. Absent: they do
   * not say, only the remote does, in the findings of a test.
   */
  asksFor?(connection: { readonly [field: string]: unknown }, permission: string): boolean
  /** Tries the login and each permission; answers what works and what is missing. A few dozen calls at most. */
  test(context: Context<unknown>): Promise<readonly Finding[]>
  /**
   * Settings learnt from the remote once signed in (tenant id, organisation's name, base currency), kept with the
   * connection. `pinned` values must not change on a later sign-in.
   */
  discover?(context: Context<unknown>): Promise<{
    readonly settings: { readonly [field: string]: unknown }
    readonly pinned: { readonly [field: string]: string }
  }>
  /**
   * Where one sign-in may reach several accounts: they are listed by name, and the one that a person chooses goes into
   * the setting before `discover` learns about it. Absent: a sign-in is to one account.
   */
  readonly accounts?: {
    /** What is chosen, for people: “Organisation”. */
    readonly title: string
    readonly setting: string
    /** Values of the setting. */
    list(context: Context<unknown>): Promise<readonly Option[]>
  }
  /**
   * How people are known here, for whoever names one by hand. `reference`: the value of a key field in the spelling in
   * which operations name their subjects; undefined when it names nobody.
   */
  readonly people?: { reference(field: string, value: string): Reference | undefined }
  /** Absent: the remote tells nothing by itself. */
  readonly hook?: Hook
  /** What settings marked `x-options` may choose from. */
  readonly options?: readonly OptionSource[]
  readonly operations: readonly Operation[]
}
