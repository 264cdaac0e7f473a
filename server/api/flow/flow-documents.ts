import { FLOW_FORMAT, type Flow } from '../../flow/document/flow.ts'
import type { Answers } from '../../flow/document/form.ts'
import { type Checks, checkFlow, validate } from '../../flow/check/validate.ts'
import { withoutParts } from '../../flow/document/version.ts'
import { type ReadResult, readFlow } from '../../flow/document/read.ts'
import type { Problem } from '../../flow/schema/problem.ts'
import { checkCron } from '../../schedule/schedule.ts'
import type { BindingRow } from '../../store/connection/bindings.ts'
import type { AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

/** The flow in a request's body. */
export function readGiven(text: unknown): Flow {
  const result = readFlow(typeof text === 'string' ? text : '')
  // Which flows it calls is looked up when it is published, and never taken from a file.
  if (result.ok) return withoutParts(result.flow)
  const [first] = result.problems
  const unreadable = first?.code === 'JSON_MALFORMED' || first?.code === 'TOO_DEEP'
  const detail = `${first?.message ?? ''}${result.problems.length > 1 ? ` (and ${result.problems.length - 1} more)` : ''}`
  throw new ApiProblem(unreadable ? 'BODY_MALFORMED' : 'FLOW_UNREADABLE', detail, { problems: result.problems })
}

/** A flow that was kept. It read well then, and older formats are upgraded: a fault here is ours. */
export function readStored(document: unknown, layout?: unknown): Flow {
  const whole = layout === undefined || layout === null ? document : { ...asObject(document), layout }
  const result: ReadResult = readFlow(JSON.stringify(whole))
  if (!result.ok) throw new Error(`A stored flow cannot be read: ${result.problems[0]?.message}`)
  return result.flow
}

function asObject(document: unknown): object {
  if (typeof document !== 'object' || document === null) throw new Error('A stored flow is not an object.')
  return document
}

/** All that is wrong with a flow; with bindings, also slots without a connection. */
export function problemsOf(
  parts: AppParts,
  flow: Flow,
  bindings?: readonly BindingRow[],
  answers?: Answers,
  calls: Pick<Checks, 'self' | 'live'> = {},
): Promise<readonly Problem[]> {
  const given = { ...(answers === undefined ? {} : { answers }), ...calls }
  // Here all that is called is known, or not there.
  return validate(
    { ...flow, parts: flow.parts ?? [] },
    { ...checks(parts, flow, bindings), ...given, parse: (texts) => parts.evaluator.parse(texts) },
  )
}

/** The same without looking at expressions: of a version, which was validated whole when it was published. */
export function graphProblemsOf(
  parts: Pick<AppParts, 'catalog'>,
  flow: Flow,
  bindings: readonly BindingRow[],
): readonly Problem[] {
  return checkFlow(flow, checks(parts, flow, bindings))
}

function checks({ catalog }: Pick<AppParts, 'catalog'>, flow: Flow, bindings?: readonly BindingRow[]) {
  // A slot that is now for another connector is as good as unbound.
  const fitting = bindings?.filter(({ slot, connector }) => flow.slots[slot]?.connector === connector)
  const bySlot = fitting && Object.fromEntries(fitting.map(({ slot, connection }) => [slot, connection]))
  return { catalog, cron: checkCron, ...(bySlot ? { bindings: bySlot } : {}) }
}

/** A version is kept without its layout, which makes no version. */
export function splitLayout({ layout, ...document }: Flow): { document: string; layout: string | null } {
  return { document: JSON.stringify(document), layout: layout ? JSON.stringify(layout) : null }
}

/** What the first version is compared with. */
export const EMPTY_FLOW: Flow = {
  format: FLOW_FORMAT,
  name: 'New flow',
  description: '',
  capture: 'full',
  slots: {},
  nodes: [],
  edges: [],
}
