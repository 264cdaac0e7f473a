import { type Static, Type } from 'typebox'
import { Nullable, strict, Timestamp } from './shared.ts'

/** One entry of the audit log, newest first in lists. */
export const AuditEntry = Type.Object(
  {
    sequence: Type.Integer({ description: 'From 1, without gaps.' }),
    at: Timestamp,
    /** `flow.publish`, `connection.delete`, … */
    action: Type.String(),
    actor: Type.Object(
      {
        kind: Type.Enum(['person', 'token', 'system', 'nobody']),
        id: Nullable(Type.String()),
        name: Nullable(Type.String({ description: 'Null once it was blanked on request of the person.' })),
        email: Nullable(Type.String()),
        address: Nullable(Type.String()),
      },
      strict,
    ),
    subject: Type.Record(Type.String(), Type.String()),
    detail: Type.Record(Type.String(), Type.Unknown()),
    requestId: Nullable(Type.String()),
    hash: Type.String({ description: 'SHA-256 over the entry and the hash of the one before, hexadecimal.' }),
  },
  strict,
)
export type AuditEntry = Static<typeof AuditEntry>

export const AuditQuery = Type.Object(
  {
    action: Type.Optional(Type.String({ maxLength: 64, pattern: '^[a-z0-9._-]+$' })),
    actor: Type.Optional(Type.String({ format: 'uuid' })),
    flow: Type.Optional(Type.String({ format: 'uuid' })),
    run: Type.Optional(Type.String({ format: 'uuid' })),
    connection: Type.Optional(Type.String({ format: 'uuid' })),
    from: Type.Optional(Type.String({ format: 'date-time' })),
    to: Type.Optional(Type.String({ format: 'date-time' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.Integer({ minimum: 1, description: 'Entries before this one.' })),
  },
  strict,
)

/** `GET …/audit` */
export const AuditList = Type.Object(
  {
    items: Type.Array(AuditEntry),
    next: Nullable(Type.Integer()),
    /** All there are, whatever the filter. */
    total: Type.Integer(),
    /** Public key for signed anchors of this installation, Ed25519, hexadecimal. */
    key: Type.String(),
    /** What there is to filter by. */
    actions: Type.Array(Type.String()),
  },
  strict,
)
export type AuditList = Static<typeof AuditList>
