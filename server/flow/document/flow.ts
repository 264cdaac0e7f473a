import { type Static, Type } from 'typebox'
import { Form } from './form.ts'

/** The number of the stored format. A document of a newer format is refused, an older one upgraded (upgrade.ts). */
export const FLOW_FORMAT = 1
export const MAX_NODES = 500
/** Of the document as JSON text, in bytes. */
export const MAX_FLOW_BYTES = 2_000_000

const Id = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' })

export const FlowNode = Type.Object(
  {
    id: Id,
    /** `map`, `xero.list-invoices`, … as the catalog names it. */
    operation: Type.String({ minLength: 1, maxLength: 100 }),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    /** Which of the flow's slots a remote operation uses. */
    slot: Type.Optional(Id),
    settings: Type.Record(Type.String(), Type.Unknown()),
    note: Type.Optional(Type.String({ maxLength: 2000 })),
    /** Left out while it is there: `pass` lets records through as they are, `stop` ends them here (disabled.ts). */
    disabled: Type.Optional(Type.Union([Type.Literal('pass'), Type.Literal('stop')])),
  },
  { additionalProperties: false },
)

export const FlowEdge = Type.Object(
  {
    id: Id,
    from: Id,
    port: Type.String({ minLength: 1, maxLength: 64 }),
    to: Id,
    /** Input of the target node; all but a join have only `in`. */
    input: Type.String({ minLength: 1, maxLength: 64, default: 'in' }),
  },
  { additionalProperties: false },
)

export const FlowSlot = Type.Object(
  {
    connector: Type.String({ minLength: 1, maxLength: 64 }),
    title: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
)

/** A remark that lies on the canvas, beside the steps. */
export const FlowNote = Type.Object(
  {
    id: Id,
    x: Type.Number(),
    y: Type.Number(),
    width: Type.Number({ minimum: 80, maximum: 2000 }),
    height: Type.Number({ minimum: 40, maximum: 2000 }),
    text: Type.String({ maxLength: 4000 }),
    colour: Type.Optional(Type.Enum(['yellow', 'blue', 'green', 'grey'])),
  },
  { additionalProperties: false },
)

/** Steps that belong together, drawn in one frame with a name. It fits itself around them; a step is in one at most. */
export const FlowGroup = Type.Object(
  {
    id: Id,
    title: Type.String({ minLength: 1, maxLength: 200 }),
    nodes: Type.Array(Id, { minItems: 1, maxItems: MAX_NODES }),
    colour: Type.Optional(Type.Enum(['yellow', 'blue', 'green', 'grey'])),
  },
  { additionalProperties: false },
)

/** Where boxes, notes and frames stand. Never part of a version's hash: moving a box makes no new version. */
export const FlowLayout = Type.Object(
  {
    nodes: Type.Record(Id, Type.Object({ x: Type.Number(), y: Type.Number() }, { additionalProperties: false }), {
      additionalProperties: false,
    }),
    notes: Type.Optional(Type.Array(FlowNote, { maxItems: 200 })),
    groups: Type.Optional(Type.Array(FlowGroup, { maxItems: 200 })),
  },
  { additionalProperties: false },
)

/**
 * A version of another flow that this one calls, directly or through others, as it was when this one was published.
 * Only versions have parts: the server puts them in, and takes them out of whatever becomes a draft.
 */
export const FlowPart = Type.Object(
  {
    flow: Type.String({ minLength: 1, maxLength: 64 }),
    version: Type.Integer({ minimum: 1 }),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    order: Type.Optional(Type.Literal('by-key')),
    form: Type.Optional(Form),
    slots: Type.Record(Id, FlowSlot, { additionalProperties: false }),
    nodes: Type.Array(FlowNode, { maxItems: MAX_NODES }),
    edges: Type.Array(FlowEdge, { maxItems: MAX_NODES * 4 }),
  },
  { additionalProperties: false },
)

/** A flow as it is stored, exported and imported. */
export const Flow = Type.Object(
  {
    format: Type.Literal(FLOW_FORMAT),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    description: Type.String({ maxLength: 4000, default: '' }),
    /** `full` keeps every payload; `sample` keeps head and tail, so a rerun from a step reads the source again. */
    capture: Type.Union([Type.Literal('full'), Type.Literal('sample')], { default: 'full' }),
    /** Later records of a business key wait behind its open exception. Left out: they go on. */
    order: Type.Optional(Type.Literal('by-key')),
    /** Questions that are answered for each flow, outside its versions. */
    form: Type.Optional(Form),
    slots: Type.Record(Id, FlowSlot, { additionalProperties: false }),
    nodes: Type.Array(FlowNode, { maxItems: MAX_NODES }),
    edges: Type.Array(FlowEdge, { maxItems: MAX_NODES * 4 }),
    layout: Type.Optional(FlowLayout),
    parts: Type.Optional(Type.Array(FlowPart, { maxItems: MAX_NODES })),
  },
  { additionalProperties: false },
)

export type FlowNode = Static<typeof FlowNode>
export type FlowEdge = Static<typeof FlowEdge>
export type FlowSlot = Static<typeof FlowSlot>
export type FlowNote = Static<typeof FlowNote>
export type FlowGroup = Static<typeof FlowGroup>
export type FlowPart = Static<typeof FlowPart>
export type FlowLayout = Static<typeof FlowLayout>
export type Flow = Static<typeof Flow>
