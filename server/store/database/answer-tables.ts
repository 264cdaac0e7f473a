import type { Answers } from '../../flow/document/form.ts'
import type { ConfirmedRule } from '../../flow/document/policy.ts'
import type { DefaultNow, Json } from './schema.ts'

/** What a run goes by: answers to its flow's form as of a revision, and a version of the policy. */
export type RunSaid = {
  readonly revision?: number
  readonly answers?: Answers
  readonly policy?: { readonly version: number; readonly rule: ConfirmedRule }
}

/** Row types of what a workspace says of its flows outside their versions: migrations/0015-answers-and-policies.ts. */
export type AnswerTables = {
  flow_answers: {
    workspace_id: string
    flow_id: string
    revision: number
    answers: Json<{ readonly [name: string]: unknown }>
    author_id: string
    author: string
    at: DefaultNow
  }
  policies: {
    workspace_id: string
    version: number
    rule: Json<ConfirmedRule>
    reason: string
    author_id: string
    author: string
    at: DefaultNow
  }
  flow_templates: {
    workspace_id: string
    flow_id: string
    template: string
    version: number
    document: Json<unknown>
    /** Of the flow it was made of, when it was taken; null for prebuilt ones. */
    name: string | null
    taken_at: DefaultNow
  }
}
