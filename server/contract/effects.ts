import { type Static, Type } from 'typebox'
import { Decimal, Id, JsonObject, Nullable, PageOf, PageQuery, strict, Timestamp } from './shared.ts'

/** An effect of which nobody can tell whether it arrived. */
export const UnknownView = Type.Object(
  {
    /** Its call, and its place in it: together they name the effect. */
    call: Id,
    position: Type.Integer(),
    operation: Type.String(),
    connection: Type.Object({ id: Id, name: Type.String() }, strict),
    flow: Type.Object({ id: Id, name: Type.String() }, strict),
    run: Id,
    node: Type.String(),
    /** Business key: an invoice, an event. */
    key: Type.String(),
    /** By what people know it, such as an invoice’s number, where that is not the key. */
    name: Nullable(Type.String()),
    part: Type.String(),
    /** Money at stake, where what was sent or its exception says it. */
    amount: Nullable(Decimal),
    currency: Nullable(Type.String()),
    /** What made it doubtful. */
    message: Nullable(Type.String()),
    sentAt: Nullable(Timestamp),
    /** Whether the product can look for it in the other system, and when it last did. */
    canProbe: Type.Boolean(),
    probedAt: Nullable(Timestamp),
  },
  strict,
)
export type UnknownView = Static<typeof UnknownView>

/** `GET …/unknown-effects`, newest call first. */
export const UnknownListQuery = Type.Object(
  {
    flow: Type.Optional(Id),
    run: Type.Optional(Id),
    connection: Type.Optional(Id),
    ...PageQuery,
    // A call may carry more effects than a page holds: the place is a call and a position in it.
    cursor: Type.Optional(
      Type.String({ pattern: '^[0-9a-f-]{36}\\.[0-9]{1,7}$', description: 'The `next` of the page before.' }),
    ),
  },
  strict,
)
export const UnknownList = PageOf(UnknownView)
export type UnknownList = Static<typeof UnknownList>

export const EffectParams = Type.Object(
  { workspace: Id, call: Id, position: Type.Integer({ minimum: 0, maximum: 1_000_000 }) },
  strict,
)

/** `GET …/unknown-effects/:call/:position`: with what was sent. */
export const UnknownDetail = Type.Object(
  {
    ...UnknownView.properties,
    value: JsonObject,
    /** Values of it stand as `[hidden]`: only names of fields, numbers of documents, states and times are shown. */
    masked: Type.Boolean(),
  },
  strict,
)
export type UnknownDetail = Static<typeof UnknownDetail>

/** `POST …/unknown-effects/:call/:position/reveal`: the same with its values; the audit log keeps why. */
export const RevealEffectRequest = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) },
  strict,
)

/**
 * `POST …/unknown-effects/settle`: a person has looked. `arrived` counts as confirmed; `did-not-arrive` lets it be sent
 * again, and with `retry` its exceptions are tried again at once. All effects of a call where no position is given.
 */
export const SettleRequest = Type.Object(
  {
    effects: Type.Array(
      Type.Object({ call: Id, position: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })) }, strict),
      { minItems: 1, maxItems: 1000 },
    ),
    verdict: Type.Enum(['arrived', 'did-not-arrive']),
    reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
    retry: Type.Optional(Type.Boolean({ default: true })),
  },
  strict,
)
export type SettleRequest = Static<typeof SettleRequest>
export const SettleAnswer = Type.Object(
  {
    settled: Type.Integer(),
    /** Effects that somebody else, or a probe, settled first. */
    already: Type.Integer(),
    /** Exceptions that were resolved, and the run that tries others again. */
    resolved: Type.Integer(),
    run: Nullable(Id),
  },
  strict,
)
export type SettleAnswer = Static<typeof SettleAnswer>
