import type { Flow, FlowEdge, FlowNode } from './flow.ts'
import { sortedEdges } from './graph.ts'
import { compare } from '../schema/problem.ts'
import { isObject } from '../schema/schema.ts'

/**
 * The text by which two flows are the same: without layout, nodes by id, edges by what they join (their ids name lines
 * on a canvas and change nothing), names of fields sorted, no space.
 */
export function canonicalFlow(flow: Flow): string {
  const { layout: _, ...rest } = flow
  const nodes = [...flow.nodes].sort((a, b) => compare(a.id, b.id))
  const edges = sortedEdges(flow.edges).map(({ id: _, ...ends }) => ends)
  return canonicalJson({ ...rest, nodes, edges })
}

/** SHA-256 of the canonical text, in hexadecimal. In browsers `crypto.subtle` exists on https and localhost only. */
export async function flowHash(flow: Flow): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalFlow(flow)))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Would publishing `b` after `a` change what runs? Parts follow from the versions that nodes name, and a draft has none. */
export function sameFlow(a: Flow, b: Flow): boolean {
  return canonicalFlow(withoutParts(a)) === canonicalFlow(withoutParts(b))
}

/** As it is drawn. */
export function withoutParts({ parts: _, ...drawn }: Flow): Flow {
  return drawn
}

/** A value at a dotted path; `before` or `after` is absent where there was, or is, none. */
export type Change = { readonly field: string; readonly before?: unknown; readonly after?: unknown }

export type Changes = {
  /** Name, description, capture, slots (`slots.ledger.title`). */
  readonly flow: readonly Change[]
  readonly nodes: {
    readonly added: readonly FlowNode[]
    readonly removed: readonly FlowNode[]
    /** `name` as it is now; fields such as `settings.cases.0.condition`. */
    readonly changed: readonly { readonly id: string; readonly name: string; readonly fields: readonly Change[] }[]
  }
  /** An edge that joins the same as before is the same edge. */
  readonly edges: { readonly added: readonly FlowEdge[]; readonly removed: readonly FlowEdge[] }
  /** Ids of nodes that stand elsewhere. Makes no version. */
  readonly moved: readonly string[]
}

/** What has changed from `a` to `b`. Nothing but `moved` exactly when `sameFlow` holds. */
export function summarizeChanges(a: Flow, b: Flow): Changes {
  const before = new Map(a.nodes.map((node) => [node.id, node]))
  const after = new Map(b.nodes.map((node) => [node.id, node]))
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort(compare)
  const pairs = ids.map((id) => ({ id, was: before.get(id), is: after.get(id) }))
  return {
    flow: changesBetween(settingsOfFlow(a), settingsOfFlow(b)),
    nodes: {
      added: pairs.flatMap(({ was, is }) => (was === undefined && is ? [is] : [])),
      removed: pairs.flatMap(({ was, is }) => (is === undefined && was ? [was] : [])),
      changed: pairs.flatMap(({ id, was, is }) => {
        const fields = was && is ? changesBetween(was, is) : []
        return is && fields.length > 0 ? [{ id, name: is.name, fields }] : []
      }),
    },
    edges: { added: edgesWithout(b.edges, a.edges), removed: edgesWithout(a.edges, b.edges) },
    moved: movedNodes(a, b),
  }
}

function settingsOfFlow({ nodes: _nodes, edges: _edges, layout: _layout, parts: _parts, ...rest }: Flow) {
  return rest
}

/** Fields that differ, deep, in the order of their names. Lists are compared place by place. */
function changesBetween(a: unknown, b: unknown, path = ''): Change[] {
  if (isObject(a) && isObject(b)) {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(compare)
    return names.flatMap((name) => changesAt(a, b, name, path))
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return Array.from({ length: Math.max(a.length, b.length) }, (_, index) =>
      changesAt(a, b, String(index), path),
    ).flat()
  }
  return canonicalJson(a) === canonicalJson(b) ? [] : [{ field: path, before: a, after: b }]
}

function changesAt(a: object, b: object, name: string, path: string): Change[] {
  const [before, after] = [ownValue(a, name), ownValue(b, name)]
  const field = path === '' ? name : `${path}.${name}`
  if (before === undefined && after === undefined) return []
  if (before === undefined) return [{ field, after }]
  if (after === undefined) return [{ field, before }]
  return changesBetween(before, after, field)
}

function ownValue(holder: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(holder, name)?.value
}

function edgesWithout(edges: readonly FlowEdge[], others: readonly FlowEdge[]): readonly FlowEdge[] {
  const left = Map.groupBy(others, ends)
  return sortedEdges(edges).filter((edge) => left.get(ends(edge))?.pop() === undefined)
}

function ends({ from, port, to, input }: FlowEdge): string {
  return JSON.stringify([from, port, to, input])
}

function movedNodes(a: Flow, b: Flow): readonly string[] {
  const [before, after] = [a.layout?.nodes ?? {}, b.layout?.nodes ?? {}]
  return b.nodes
    .map(({ id }) => id)
    .filter((id) => {
      const [was, is] = [before, after].map((nodes) => (Object.hasOwn(nodes, id) ? nodes[id] : undefined))
      return was !== undefined && (was.x !== is?.x || was.y !== is.y)
    })
    .sort(compare)
}

/** JSON with the names of every object sorted by code units; fields that are undefined are left out, as JSON does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const sorted = fields.sort(([a], [b]) => compare(a, b))
  return `{${sorted.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`
}
