import { type Static, Type } from 'typebox'
import { Id, Name, Nullable, strict, Timestamp } from './shared.ts'

/** `GET …/closing`: what closing would do now, or what it has done. */
export const ClosingView = Type.Object(
  {
    state: Type.Enum(['open', 'closing']),
    /** Days between closing and deletion. */
    graceDays: Type.Integer(),
    closedAt: Nullable(Timestamp),
    /** Null while it is open, or who closed it has left. */
    closedBy: Nullable(Type.String()),
    deleteAfter: Nullable(Timestamp),
    /** Flows that are on; while it is closing, those that were. */
    flows: Type.Array(Type.Object({ id: Id, name: Type.String() }, strict)),
    /** Runs that have not ended. */
    runs: Type.Integer(),
    /** Records that wait for a time. */
    waiting: Type.Integer(),
    exceptions: Type.Integer({ description: 'Open ones.' }),
    /** Effects of which nobody knows whether they arrived. */
    unknown: Type.Integer(),
    /** Of them, how many of which operation went over which connection. */
    doubts: Type.Array(
      Type.Object({ operation: Type.String(), connection: Type.String(), effects: Type.Integer() }, strict),
    ),
    connections: Type.Array(
      Type.Object({ name: Type.String(), connector: Type.String(), signedIn: Type.Boolean() }, strict),
    ),
    tokens: Type.Integer({ description: 'API tokens that work.' }),
    invitations: Type.Integer({ description: 'Invitations that can still be used.' }),
    people: Type.Integer(),
    /** Of them, those who are in no other workspace: their accounts go with it. */
    peopleOnlyHere: Type.Integer(),
  },
  strict,
)
export type ClosingView = Static<typeof ClosingView>

/** `POST …/closing` */
export const CloseRequest = Type.Object({ name: Name /* of the workspace, typed by whoever closes it */ }, strict)
export type CloseRequest = Static<typeof CloseRequest>

const DeletedConnection = Type.Object(
  {
    connector: Type.String(),
    /** `no-sign-in`: there was nothing that the other system could take back. */
    outcome: Type.Enum(['revoked', 'no-sign-in', 'used-elsewhere', 'not-revoked']),
    /** Why not, in words. */
    reason: Nullable(Type.String()),
  },
  strict,
)

/** What is left of a deleted workspace: no personal data, no content. */
export const DeletionRecord = Type.Object(
  {
    workspace: Id,
    name: Type.String(),
    askedAt: Timestamp,
    /** Id of a person. */
    askedBy: Nullable(Id),
    dueAt: Timestamp,
    beganAt: Timestamp,
    /** Null: it is still going on. */
    finishedAt: Nullable(Timestamp),
    /** Rows that were deleted, by table. */
    counts: Type.Record(Type.String(), Type.Integer()),
    /** Accounts of people who were in no other workspace. */
    accounts: Type.Integer(),
    connections: Type.Array(DeletedConnection),
    /** Where its audit log ended: an exported log of it is whole if its last entry has this hash. */
    audit: Nullable(Type.Object({ sequence: Type.Integer(), hash: Type.String() }, strict)),
    /** SHA-256 over all fields but this one, as canonical JSON; it stands in the audit log of the installation too. */
    hash: Nullable(Type.String()),
  },
  strict,
)
export type DeletionRecord = Static<typeof DeletionRecord>

export const DeletionList = Type.Object({ items: Type.Array(DeletionRecord) }, strict)
export type DeletionList = Static<typeof DeletionList>
export const DeletionParams = Type.Object({ deletion: Id }, strict)
