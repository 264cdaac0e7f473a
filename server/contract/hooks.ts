import { type Static, Type } from 'typebox'
import { Id, JsonObject, Nullable, PageOf, PageQuery, strict, Timestamp } from './shared.ts'

export const HookKind = Type.Enum(['signed', 'token', 'xero', 'bigcommerce'])

/** An address at which another system tells a flow that something happened. One per hook trigger of a live version. */
export const HookView = Type.Object(
  {
    id: Id,
    flow: Id,
    node: Type.String(),
    nodeName: Type.String(),
    kind: HookKind,
    /** Where events are sent to. */
    url: Type.String(),
    /** For `token`: the header that carries the token. */
    header: Nullable(Type.String()),
    /** The last characters of the secret, to tell two apart. */
    secretEnds: Nullable(Type.String()),
    /** Takes events: the flow is on and the secret is set. */
    open: Type.Boolean(),
    /** Why it takes none. */
    reason: Nullable(Type.String()),
    lastEventAt: Nullable(Timestamp),
    /** Events of the last 24 hours. */
    taken: Type.Integer(),
    repeated: Type.Integer(),
    refused: Type.Integer(),
    /** Events that wait for a run. */
    waiting: Type.Integer(),
  },
  strict,
)
export type HookView = Static<typeof HookView>
/** `GET …/flows/:flow/hooks` */
export const HookList = Type.Object(
  {
    items: Type.Array(HookView),
    /** Where a hook is shared by all workspaces: events about organisations that no connection is of, since ever. */
    strays: Type.Optional(Type.Integer()),
  },
  strict,
)
export type HookList = Static<typeof HookList>
export const HookParams = Type.Object({ workspace: Id, flow: Id, hook: Id }, strict)

/** `POST …/hooks/:hook/secret`: a new secret, shown this once. The old one stays good for `overlapHours`. */
export const NewSecretRequest = Type.Object(
  { overlapHours: Type.Optional(Type.Integer({ minimum: 0, maximum: 168, default: 24 })) },
  strict,
)
export type NewSecretRequest = Static<typeof NewSecretRequest>
export const NewSecret = Type.Object({ hook: HookView, secret: Type.String() }, strict)
export type NewSecret = Static<typeof NewSecret>

export const EventView = Type.Object(
  {
    id: Id,
    receivedAt: Timestamp,
    /** The sender's own id of the event. */
    key: Type.String(),
    /** Times the same event came again. */
    repeats: Type.Integer(),
    run: Nullable(Id),
  },
  strict,
)
/** `GET …/hooks/:hook/events`, newest first, of the last 90 days. */
export const EventList = PageOf(EventView)
export type EventList = Static<typeof EventList>
export const EventListQuery = Type.Object({ ...PageQuery }, strict)
export type EventView = Static<typeof EventView>
export const EventParams = Type.Object({ workspace: Id, flow: Id, hook: Id, event: Id }, strict)
/** `GET …/hooks/:hook/events/:event`: with what was sent, while it is kept. */
export const EventDetail = Type.Object({ ...EventView.properties, content: Nullable(JsonObject) }, strict)
export type EventDetail = Static<typeof EventDetail>
