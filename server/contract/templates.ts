import { type Static, Type } from 'typebox'
import { Flow } from '../flow/document/flow.ts'
import { FormField } from '../flow/document/form.ts'
import { Template } from '../flow/document/template.ts'
import type { Changes as FlowChanges } from '../flow/document/version.ts'
import { Draft } from './flows.ts'
import { Id, JsonObject, Name, Nullable, strict } from './shared.ts'

const { id, key, version, title, summary, moves, needs, desks, news, samples, whatIf } = Template.properties
const shown = { id, key, version, title, summary }

/** `GET …/templates` */
export const TemplateList = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          ...shown,
          connectors: Type.Array(Type.String()),
          /** Flows of the workspace that were made of it and are not archived. */
          flows: Type.Integer(),
          /** Its flow, from which the picture is drawn. */
          flow: Flow,
        },
        strict,
      ),
    ),
  },
  strict,
)
export type TemplateList = Static<typeof TemplateList>

/** `POST …/templates/:template` makes a flow of it. */
export const TemplateParams = Type.Object(
  { workspace: Id, template: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,99}$' }) },
  strict,
)

/** `GET …/templates/:template` */
export const TemplateView = Type.Object(
  {
    ...shown,
    moves,
    needs,
    desks,
    news,
    samples,
    whatIf,
    flow: Flow,
    /** Accounts it needs, and what each has to allow. */
    slots: Type.Array(
      Type.Object(
        { slot: Type.String(), connector: Type.String(), title: Type.String(), permissions: Type.Array(Type.String()) },
        strict,
      ),
    ),
    form: Type.Array(FormField),
    /** JSON Schema of the answers. */
    schema: JsonObject,
  },
  strict,
)
export type TemplateView = Static<typeof TemplateView>

/** `POST …/templates/:template/install`: a flow that is bound, answered and published, and still off. */
export const InstallRequest = Type.Object(
  {
    name: Type.Optional(Name),
    /** Connection by slot. */
    bindings: Type.Record(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' }), Id, strict),
    answers: Type.Optional(JsonObject),
  },
  strict,
)
export type InstallRequest = Static<typeof InstallRequest>

/** `GET …/flows/:flow/template`: where a flow comes from, and what a newer version of its template would change. */
export const FlowTemplate = Type.Object(
  {
    /** Null: the flow was not made of a template, or of one that is not shipped any more. */
    template: Nullable(Type.Object({ ...shown, news }, strict)),
    /** The version that was taken last. */
    taken: Nullable(Type.Integer()),
    /** What taking the newest would change in the draft; null where there is nothing newer. */
    update: Nullable(
      Type.Object(
        {
          /** Of the draft that was compared. */
          revision: Type.Integer(),
          changes: Type.Unsafe<FlowChanges>({ type: 'object', additionalProperties: true }),
          /** Both changed the same place: what the flow has stays. */
          conflicts: Type.Array(
            Type.Object({ place: Type.String(), mine: Type.Unknown(), theirs: Type.Unknown() }, strict),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type FlowTemplate = Static<typeof FlowTemplate>

/** `POST …/flows/:flow/template/take` makes a draft of the newest version over the named one. */
export const TakeRequest = Type.Object({ revision: Type.Integer({ minimum: 1 }) }, strict)
export const Taken = Type.Object({ draft: Draft, taken: Type.Integer() }, strict)
export type Taken = Static<typeof Taken>

/** `POST …/templates/:template/what-if`: what each way of a choice would cost at a client's volume. */
export const WhatIfRequest = Type.Object(
  {
    bindings: InstallRequest.properties.bindings,
    answers: Type.Optional(JsonObject),
    /** Records a day by name, instead of counting them in the source. */
    volume: Type.Optional(
      Type.Record(Type.String({ maxLength: 100 }), Type.Number({ minimum: 0, maximum: 1_000_000 })),
    ),
  },
  strict,
)
export type WhatIfRequest = Static<typeof WhatIfRequest>

export const WhatIfView = Type.Object(
  {
    /** Records a day that the comparison rests on. */
    volume: Type.Array(Type.Object({ name: Type.String(), perDay: Type.Number() }, strict)),
    /** Over how many days they were counted; null where they were given. */
    countedDays: Nullable(Type.Integer()),
    /** Of the target's connection; null where it is not chosen, or has no limit of a day. */
    perDay: Nullable(Type.Integer()),
    choices: Type.Array(
      Type.Object(
        {
          value: Type.String(),
          title: Type.String(),
          /** Of a day, but the last. */
          documents: Type.Number(),
          lines: Type.Integer(),
          calls: Type.Integer(),
          documentsOfMonth: Type.Integer(),
          shareOfDay: Nullable(Type.Number()),
          advice: Nullable(Type.String()),
        },
        strict,
      ),
    ),
    assumptions: Type.Array(Type.String()),
  },
  strict,
)
export type WhatIfView = Static<typeof WhatIfView>
