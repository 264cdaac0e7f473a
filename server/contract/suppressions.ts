import { type Static, Type } from 'typebox'
import { Id, Nullable, PageOf, PageQuery, strict, Timestamp } from './shared.ts'

/** An entry of the suppression list. Who it is about cannot be told from it: only keyed hashes are kept. */
export const SuppressionView = Type.Object(
  {
    id: Id,
    reason: Type.String(),
    addedAt: Timestamp,
    /** Name of the person who added it; null where a flow did, whose run stands beside it. */
    addedBy: Nullable(Type.String()),
    run: Nullable(Id),
    liftedAt: Nullable(Timestamp),
    liftedBy: Nullable(Type.String()),
    liftReason: Nullable(Type.String()),
  },
  strict,
)
export type SuppressionView = Static<typeof SuppressionView>

/** `GET …/suppressions`, newest first, with those that were lifted. */
export const SuppressionQuery = Type.Object(PageQuery, strict)
export const SuppressionList = PageOf(SuppressionView)
export type SuppressionList = Static<typeof SuppressionList>

/** Whom it is about: an e-mail address, or the value of another field by which contacts are known. */
const who = {
  field: Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,9}$',
      default: '3',
      description: 'Number of the field; 3 is the e-mail address.',
    }),
  ),
  value: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
}
const Reason = Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' })

/** `POST …/suppressions` */
export const SuppressionRequest = Type.Object({ ...who, reason: Reason }, strict)
export type SuppressionRequest = Static<typeof SuppressionRequest>
export const SuppressionAnswer = Type.Object(
  { added: Type.Boolean({ description: 'False: the person stood in the list already.' }), entry: SuppressionView },
  strict,
)
export type SuppressionAnswer = Static<typeof SuppressionAnswer>

/** `POST …/suppressions/look-up`: in the body, since addresses of requests are logged. */
export const SuppressionLookUp = Type.Object(who, strict)
export type SuppressionLookUp = Static<typeof SuppressionLookUp>
export const SuppressionFound = Type.Object({ items: Type.Array(SuppressionView) }, strict)
export type SuppressionFound = Static<typeof SuppressionFound>

export const SuppressionParams = Type.Object({ workspace: Id, suppression: Id }, strict)
/** `POST …/suppressions/:suppression/lift` */
export const LiftRequest = Type.Object({ reason: Reason }, strict)
export type LiftRequest = Static<typeof LiftRequest>
