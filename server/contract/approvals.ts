import { type Static, Type } from 'typebox'
import type { Flow } from '../flow/document/flow.ts'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** `GET …/approval-rule`: whether a second person approves what goes live. */
export const ApprovalRule = Type.Object(
  {
    on: Type.Boolean(),
    open: Type.Integer({ description: 'Requests that wait; they stay when the rule ends.' }),
    approvers: Type.Integer({ description: 'People of the workspace who may approve.' }),
    people: Type.Array(
      Type.Object(
        {
          id: Id,
          name: Type.String(),
          email: Type.String(),
          for: Type.Array(Id, { description: 'Whose requests they may approve.' }),
          why: Nullable(
            Type.String({ description: 'Why they may be somebody else here, and what shows that they are not.' }),
          ),
        },
        strict,
      ),
      { description: 'Who they are. Two of them who may be one person do not approve for each other.' },
    ),
  },
  strict,
)
export type ApprovalRule = Static<typeof ApprovalRule>

/** `PUT …/approval-rule`. Off again: a second person approves that too. */
export const ApprovalRuleRequest = Type.Object({ on: Type.Boolean() }, strict)
export type ApprovalRuleRequest = Static<typeof ApprovalRuleRequest>

export const ApprovalView = Type.Object(
  {
    id: Id,
    kind: Type.Enum(['publish', 'rule'], { description: 'publish: a flow goes live. rule: this rule ends.' }),
    flow: Nullable(Type.Object({ id: Id, name: Type.String() }, strict)),
    /** Of all that would run; whoever approves names it. */
    hash: Type.String(),
    summary: Type.String(),
    askedBy: Type.String(),
    createdAt: Timestamp,
    state: Type.Enum(['open', 'approved', 'refused', 'void']),
    decidedBy: Nullable(Type.String()),
    decidedAt: Nullable(Timestamp),
    reason: Nullable(Type.String()),
    /** What a push from another workspace brings, or takes back; null: the draft goes live. */
    push: Nullable(
      Type.Object({ kind: Type.Enum(['push', 'back']), name: Type.String(), version: Type.Integer() }, strict),
    ),
    mayDecide: Type.Boolean({ description: 'You may, and had no part in it.' }),
    mine: Type.Boolean({ description: 'You asked; you can take it back.' }),
    why: Nullable(Type.String({ description: 'Why you may not decide it, though your role may, and what to do.' })),
  },
  strict,
)
export type ApprovalView = Static<typeof ApprovalView>

/** `GET …/approvals` */
export const ApprovalList = Type.Object({ items: Type.Array(ApprovalView) }, strict)
export type ApprovalList = Static<typeof ApprovalList>
export const ApprovalParams = Type.Object({ workspace: Id, approval: Id }, strict)

const Document = Type.Unsafe<Flow>({ type: 'object', additionalProperties: true })

/**
 * `GET …/approvals/:approval`: what is live, and what would be; once it is decided, what was live then. Null: nothing, or
 * it is no flow.
 */
export const ApprovalDetail = Type.Object(
  {
    approval: ApprovalView,
    overtaken: Type.Boolean({
      description: 'It waits still, but was changed since it was asked for: approving it would make it void.',
    }),
    before: Nullable(Document),
    after: Nullable(Document),
    connections: Type.Array(
      Type.Object(
        { slot: Type.String(), before: Nullable(Type.String()), after: Nullable(Type.String()) },
        { ...strict, description: 'Names of connections that would be others.' },
      ),
    ),
  },
  strict,
)
export type ApprovalDetail = Static<typeof ApprovalDetail>

/** `POST …/flows/:flow/approval` */
export const ApprovalRequest = Type.Object(
  {
    summary: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
    revision: Type.Integer({ minimum: 1, description: 'Of the draft that is meant.' }),
    bindings: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' }), Id, {
        ...strict,
        description: 'Connections by slot that should be others; those not named stay.',
      }),
    ),
  },
  strict,
)
export type ApprovalRequest = Static<typeof ApprovalRequest>

/** `POST …/approvals/:approval/approve` */
export const ApproveRequest = Type.Object({ hash: Type.String({ maxLength: 200 }) }, strict)
export type ApproveRequest = Static<typeof ApproveRequest>

/** `POST …/approvals/:approval/refuse` */
export const RefuseRequest = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S' }) },
  strict,
)
export type RefuseRequest = Static<typeof RefuseRequest>
