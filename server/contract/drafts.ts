import { type Static, Type } from 'typebox'
import { Flow } from '../flow/document/flow.ts'
import { Id, Json, JsonObject, Nullable, strict, Timestamp } from './shared.ts'

/** What one person did to a draft without a pause of ten minutes, or up to a moment that was given a name. */
export const DraftSessionView = Type.Object(
  {
    number: Type.Integer(),
    author: Type.String(),
    beganAt: Timestamp,
    endedAt: Timestamp,
    firstRevision: Type.Integer(),
    lastRevision: Type.Integer(),
    name: Nullable(Type.String()),
  },
  strict,
)
export type DraftSessionView = Static<typeof DraftSessionView>

/** `GET …/draft/sessions`, newest first: the last hundred, and all that have a name. */
export const DraftSessionList = Type.Object({ items: Type.Array(DraftSessionView) }, strict)
export type DraftSessionList = Static<typeof DraftSessionList>

export const DraftSessionParams = Type.Object(
  { workspace: Id, flow: Id, session: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) },
  strict,
)

/** `GET …/draft/sessions/:session`: the draft as it stood at the end of it. */
export const DraftSession = Type.Object({ ...DraftSessionView.properties, document: Flow }, strict)
export type DraftSession = Static<typeof DraftSession>

/** `POST …/draft/name`: gives the draft as it stands a name in the history. */
export const NameRequest = Type.Object({ name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }) }, strict)
export type NameRequest = Static<typeof NameRequest>

/** `POST …/lease`, every 15 seconds while the editor is open: says who is here, and asks for the pen. */
export const LeaseRequest = Type.Object(
  {
    /** Names a tab of a browser; one person may have several. */
    tab: Type.String({ pattern: '^[A-Za-z0-9_-]{4,64}$' }),
    /** Something was done in the editor since the last time. */
    active: Type.Optional(Type.Boolean({ default: false })),
    /** `take`: I want to edit. `give`: whoever asks may have it. `leave`: I am gone. */
    do: Type.Optional(Type.Enum(['take', 'give', 'leave'])),
  },
  strict,
)
export type LeaseRequest = Static<typeof LeaseRequest>

export const LeaseView = Type.Object(
  {
    /** This tab may edit. */
    yours: Type.Boolean(),
    holder: Nullable(
      Type.Object(
        {
          name: Type.String(),
          since: Timestamp,
          idleSeconds: Type.Integer(),
          sameTab: Type.Boolean(),
          you: Type.Boolean(),
        },
        strict,
      ),
    ),
    /** Who waits for it. */
    asked: Nullable(Type.String()),
    /** Of the draft: a higher one than yours means that somebody has saved. */
    revision: Type.Integer(),
    liveVersion: Nullable(Type.Integer()),
  },
  strict,
)
export type LeaseView = Static<typeof LeaseView>

/** `POST …/preview`: what an expression gives for one record, as a run would evaluate it. */
export const PreviewRequest = Type.Object(
  { expression: Type.String({ maxLength: 20_000 }), record: JsonObject },
  strict,
)
export type PreviewRequest = Static<typeof PreviewRequest>

/** Either `value` (absent for nothing) or `error`. */
export const PreviewAnswer = Type.Object(
  {
    ok: Type.Boolean(),
    value: Type.Optional(Json),
    error: Type.Optional(
      Type.Object(
        {
          code: Type.String(),
          message: Type.String(),
          position: Type.Optional(Type.Integer()),
          hint: Type.Optional(Type.String()),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type PreviewAnswer = Static<typeof PreviewAnswer>
