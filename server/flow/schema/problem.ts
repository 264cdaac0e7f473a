/** Something wrong with a flow, worded for the person who draws it. */
export type Problem = {
  readonly code: ProblemCode
  /** An error keeps the flow from being published; a warning does not. */
  readonly severity: 'error' | 'warning'
  /** Id of the node, where the problem belongs to one. */
  readonly node?: string
  readonly edge?: string
  /** Dotted path: from `readFlow` within the document (`nodes.3.name`), from `validate` within the settings (`cases.0.name`). */
  readonly field?: string
  /** In the text of the document, or of the expression in `field`: UTF-16 characters from 0. */
  readonly position?: number
  /** A sentence that says what to do. */
  readonly message: string
  /** At `position`, replacing `from` by `to` solves it. */
  readonly fix?: { readonly from: string; readonly to: string }
}

/** Every code and what it means. docs/flow-format.md lists the same; a test keeps them equal. */
export const PROBLEM_CODES = {
  // Of a document that cannot be read as a flow.
  FLOW_TOO_LARGE: 'The document has more than 2,000,000 bytes.',
  TOO_DEEP: 'Objects and lists are nested more than 64 deep.',
  JSON_MALFORMED: 'The text is not JSON; the message names line and column.',
  KEY_FORBIDDEN: 'A field or id is called `__proto__`, `constructor` or `prototype`.',
  FORMAT_UNKNOWN: 'The document does not say which format of a flow it is.',
  FORMAT_TOO_NEW: 'A newer version of the program made the document.',
  FIELD_MISSING: 'A field of the document is missing.',
  FIELD_UNKNOWN: 'The document has a field that the format does not know.',
  FIELD_INVALID: 'A field of the document holds a value of the wrong kind.',
  TOO_MANY_NODES: 'The flow has more than 500 nodes.',
  ID_DUPLICATE: 'Two nodes, or two edges, have the same id.',
  // Of the graph.
  NO_TRIGGER: 'Nothing starts the flow.',
  FLOW_IDLE: 'The flow neither reads nor writes anything.',
  CYCLE: 'Nodes feed each other in a circle.',
  NODE_UNREACHABLE: 'No way leads from a trigger to the node.',
  EDGE_NODE_MISSING: 'An edge begins or ends at a node that is not there.',
  EDGE_DUPLICATE: 'Two edges join the same port to the same input.',
  PORT_UNKNOWN: 'An edge leaves a node by a port that the node does not have.',
  PORT_DUPLICATE: 'Settings name the same port twice, or one that the node has anyway.',
  INPUT_UNKNOWN: 'An edge ends at an input that the node does not have.',
  TRIGGER_HAS_INPUT: 'An edge ends at a trigger.',
  TRIGGER_DISABLED: 'A trigger is disabled; it would start the flow all the same.',
  START_FEEDS_RECORDS: 'A trigger, or the `done` port of a read, leads to something other than a read.',
  RECORDS_FEED_READ: 'Records lead into a read, which takes none.',
  JOIN_INPUT_MISSING: 'A node with several inputs, such as a join, lacks an edge to one of them.',
  READ_ORDER: 'A join needs all of a read before the same read, or before one that has to come first.',
  CHANGED_BEFORE_GATHER: 'A “changed only” stands before a node that needs all records of a run.',
  WAIT_BEFORE_GATHER: 'A “wait until” stands before a node that needs all records of one run.',
  // Of flows that are called.
  SUBFLOW_UNKNOWN: 'The flow or the version that a sub-flow names is not there.',
  SUBFLOW_CYCLE: 'A flow calls itself, directly or through others.',
  SUBFLOW_STARTS: 'A called flow has triggers or reads of its own.',
  SUBFLOW_UNFIT: 'A called flow has not exactly one entry, has a form, or keeps an order that the caller does not.',
  SUBFLOW_OUTDATED: 'A newer version of a called flow is live.',
  // Of one node.
  OPERATION_UNKNOWN: 'No operation has this name.',
  SETTING_MISSING: 'A setting that has no default is missing.',
  SETTING_UNKNOWN: 'The operation has no such setting.',
  SETTING_INVALID: 'A setting holds a value that the operation does not take.',
  NAME_DUPLICATE: 'Two fields of a summary have the same name.',
  SCHEDULE_INVALID: 'The settings of a schedule make no sense together.',
  SCHEDULE_NEVER: 'A schedule has times that no day has, such as 31 February.',
  WRITE_WITHOUT_KEY: 'A write does not say by which key the other system knows a record.',
  SLOT_MISSING: 'The node does not say which slot it uses.',
  SLOT_UNKNOWN: 'The node uses a slot that the flow does not have.',
  SLOT_OTHER_CONNECTOR: 'The node uses a slot of another connector.',
  SLOT_NOT_NEEDED: 'The node names a slot, but its operation needs none.',
  SLOT_UNUSED: 'No node uses the slot.',
  SLOT_UNBOUND: 'No connection is bound to the slot.',
  FORM_INVALID: 'A question of the form makes no sense: no choices, a default of the wrong kind, a name twice.',
  FORM_FIELD_UNKNOWN: 'A setting or an expression asks for an answer that the form does not have.',
  ANSWER_MISSING: 'A question of the form has no answer yet, and no default.',
  ANSWER_INVALID: 'An answer is of the wrong kind or out of range.',
  ANSWER_UNKNOWN: 'An answer belongs to no question of the form.',
  EXPRESSION_INVALID: 'An expression does not parse.',
  MONEY_FLOAT: 'An expression does float arithmetic on money.',
  GUARDED_KEY: 'An expression sets a field that needs another setting first, such as the opt-in field.',
  ONLY_VALUES: 'A list setting holds nothing but values that hide what the flow ought to see.',
  RULE_UNKNOWN: 'An operation has a rule that this version of the program does not know.',
} as const

export type ProblemCode = keyof typeof PROBLEM_CODES

/** One order whatever the order of nodes and edges in the document: errors first, then by place, then by wording. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(
    (a, b) =>
      compare(a.severity, b.severity) ||
      compare(a.node ?? '', b.node ?? '') ||
      compare(a.edge ?? '', b.edge ?? '') ||
      compare(a.field ?? '', b.field ?? '') ||
      (a.position ?? -1) - (b.position ?? -1) ||
      compare(a.code, b.code) ||
      compare(a.message, b.message),
  )
}

/** By code units, so that no locale changes the order. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
