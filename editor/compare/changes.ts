import type { Flow } from '../../server/flow/document/flow.ts'
import { type Changes, type Change as FieldChange, summarizeChanges } from '../../server/flow/document/version.ts'

/** One difference between two versions that a person can step to. */
export type Change = {
  readonly id: string
  readonly kind: 'added' | 'removed' | 'changed' | 'moved'
  readonly what: 'step' | 'line' | 'flow'
  /** The step it is about, in whichever version has it. */
  readonly node: string | undefined
  readonly title: string
  /** Of a step, where it is known: its form names the fields. */
  readonly operation?: string | undefined
  readonly fields: readonly FieldChange[]
}

/** What differs from `a` to `b`: steps in the order in which records pass them, then lines, then the flow itself. */
export function changesOf(a: Flow, b: Flow): readonly Change[] {
  const name = (id: string): string =>
    (b.nodes.find((node) => node.id === id) ?? a.nodes.find((node) => node.id === id))?.name ?? id
  const operation = (id: string) => b.nodes.find((node) => node.id === id)?.operation
  return listChanges(summarizeChanges(a, b), name, operation)
}

/** The same from what the server has compared. `name`: what a step is called. */
export function listChanges(
  { flow, nodes, edges, moved }: Changes,
  name: (id: string) => string = (id) => id,
  operation: (id: string) => string | undefined = () => undefined,
): readonly Change[] {
  const touched = new Set([...nodes.added, ...nodes.removed].map((node) => node.id))
  const changed = new Set(nodes.changed.map(({ id }) => id))
  const line = (edge: { from: string; port: string; to: string }): string =>
    `“${name(edge.from)}”${edge.port === 'out' ? '' : ` by “${edge.port}”`} to “${name(edge.to)}”`
  // Lines of a step that came or went say nothing of their own.
  const own = (edge: { from: string; to: string }): boolean => !touched.has(edge.from) && !touched.has(edge.to)
  return [
    ...flow.map(
      (field): Change => ({
        id: `flow ${field.field}`,
        kind: 'before' in field ? ('after' in field ? 'changed' : 'removed') : 'added',
        what: 'flow',
        node: undefined,
        title: `The flow’s ${field.field}`,
        fields: [field],
      }),
    ),
    ...nodes.added.map(
      (node): Change => ({
        id: `+${node.id}`,
        kind: 'added',
        what: 'step',
        node: node.id,
        title: node.name,
        fields: [],
      }),
    ),
    ...nodes.changed.map(
      ({ id, name: title, fields }): Change => ({
        id: `~${id}`,
        kind: 'changed',
        what: 'step',
        node: id,
        title,
        operation: operation(id),
        fields,
      }),
    ),
    ...nodes.removed.map(
      (node): Change => ({
        id: `-${node.id}`,
        kind: 'removed',
        what: 'step',
        node: node.id,
        title: node.name,
        fields: [],
      }),
    ),
    ...edges.added.filter(own).map(
      (edge): Change => ({
        id: `+${edge.id}`,
        kind: 'added',
        what: 'line',
        node: edge.to,
        title: line(edge),
        fields: [],
      }),
    ),
    ...edges.removed.filter(own).map(
      (edge): Change => ({
        id: `-${edge.id}`,
        kind: 'removed',
        what: 'line',
        node: edge.to,
        title: line(edge),
        fields: [],
      }),
    ),
    ...moved
      .filter((id) => !changed.has(id))
      .map((id): Change => ({ id: `>${id}`, kind: 'moved', what: 'step', node: id, title: name(id), fields: [] })),
  ]
}
