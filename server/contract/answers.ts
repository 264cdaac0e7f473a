import { type Static, Type } from 'typebox'
import { FormField } from '../flow/document/form.ts'
import { ConfirmedRule } from '../flow/document/policy.ts'
import { FlowProblem, JsonObject, Nullable, strict, Timestamp } from './shared.ts'

/** `GET …/flows/:flow/answers`: the form of the live version and what the draft asks beside it, and how it is answered. */
export const AnswersView = Type.Object(
  {
    form: Type.Array(FormField),
    /** JSON Schema of the answers: input fields can be drawn from it. */
    schema: JsonObject,
    /** Counts from 1; 0 while nobody has answered. */
    revision: Type.Integer(),
    /** As they were given; questions that are not here stand at their default. */
    answers: JsonObject,
    /** Names of the questions that whoever asks may answer. */
    mayChange: Type.Array(Type.String()),
    /** Answers that are missing or do not fit the form as it is now. */
    problems: Type.Array(FlowProblem),
    author: Nullable(Type.String()),
    at: Nullable(Timestamp),
  },
  strict,
)
export type AnswersView = Static<typeof AnswersView>

/** `PUT …/flows/:flow/answers`: all answers; those left out go back to their default. */
export const AnswersRequest = Type.Object(
  {
    answers: JsonObject,
    /** The revision they were made from; if somebody answered since: OVERTAKEN. */
    revision: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type AnswersRequest = Static<typeof AnswersRequest>

/** `GET …/flows/:flow/answers/history`: newest first, each with what it changed. */
export const AnswersHistory = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          revision: Type.Integer(),
          author: Type.String(),
          at: Timestamp,
          /** `before` or `after` is absent where the default stood. */
          changes: Type.Array(
            Type.Object(
              {
                name: Type.String(),
                title: Type.String(),
                before: Type.Optional(Type.Unknown()),
                after: Type.Optional(Type.Unknown()),
              },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type AnswersHistory = Static<typeof AnswersHistory>

/** When an order counts, for all flows of the workspace. Version 0 holds until somebody makes another. */
export const PolicyView = Type.Object(
  {
    version: Type.Integer(),
    rule: ConfirmedRule,
    /** The rule in plain sentences. */
    sentence: Type.String(),
    reason: Type.String(),
    author: Nullable(Type.String()),
    at: Nullable(Timestamp),
  },
  strict,
)
export type PolicyView = Static<typeof PolicyView>

/** `GET …/policy` */
export const PolicyPage = Type.Object(
  {
    current: PolicyView,
    /** JSON Schema of the rule. */
    schema: JsonObject,
    /** Newest first. */
    versions: Type.Array(PolicyView),
    /** Flows whose live version goes by it. */
    flows: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), enabled: Type.Boolean() }, strict)),
  },
  strict,
)
export type PolicyPage = Static<typeof PolicyPage>

/** `PUT …/policy` makes a new version; `dry` only says what would follow. */
export const PolicyRequest = Type.Object(
  {
    rule: ConfirmedRule,
    reason: Type.String({ maxLength: 500, default: '' }),
    /** The version it was made from; if somebody made another since: OVERTAKEN. */
    version: Type.Integer({ minimum: 0 }),
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type PolicyRequest = Static<typeof PolicyRequest>

export const PolicyChange = Type.Object(
  {
    /** What follows, in sentences; empty where nothing changes. */
    effect: Type.Array(Type.String()),
    sentence: Type.String(),
    current: PolicyView,
  },
  strict,
)
export type PolicyChange = Static<typeof PolicyChange>
