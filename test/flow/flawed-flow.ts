import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import type { Problem, ProblemCode } from '../../server/flow/schema/problem.ts'
import type { Checks } from '../../server/flow/check/validate.ts'
import { edge, goodFlow, node } from './fixtures.ts'

// What a flow with one fault is made of, and what is to be found in it; the faults stand in flawed-*.ts by subject.

/** The good flow with nodes put in the place of those with their ids, or added, and edges added. */
export const withNodes = (nodes: FlowNode[], edges: string[] = [], without: string[] = []): Flow => {
  const good = goodFlow()
  const kept = good.nodes.filter(({ id }) => !nodes.some((other) => other.id === id))
  const ids = good.edges.filter(({ id }) => !without.includes(id))
  return { ...good, nodes: [...kept, ...nodes], edges: [...ids, ...edges.map(edge)] }
}

export const schedule = (settings: Record<string, unknown>) => withNodes([node('start', 'schedule', settings)])
export const save = (settings: Record<string, unknown>) => withNodes([node('save', 'mailer.save-people', settings)])
export const join = node('join', 'join', { key: 'a', withKey: 'b' })

export type Flawed = {
  says: string
  flow: Flow
  checks?: Partial<Checks>
  /** All problems there are, and no others. */
  finds: (Partial<Problem> & { code: ProblemCode })[]
  words: RegExp
}
