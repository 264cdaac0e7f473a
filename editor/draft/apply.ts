import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { type Action, type Applied, NOTHING, selectNodes } from './action.ts'
import { add, joined, splice } from './add.ts'
import { pasted } from './clipboard.ts'
import { named, type Operations, whyNot } from './connect.ts'
import { changeGroups, followed } from './groups.ts'
import { freshId } from './ids.ts'
import { asking, changeForm } from './questions.ts'
import { remove } from './remove.ts'
import { replace } from './replace.ts'
import { withoutIdleSlots } from './slots.ts'

const GONE: Applied = { ok: false, why: 'The step is not there any more.' }

/** What a draft becomes by an action, or why it cannot. Changes nothing that it is given. */
export function apply(flow: Flow, action: Action, operations: Operations): Applied {
  const done = changed(flow, action, operations)
  // What an earlier version or a file says of its groups stands as it is.
  if (!done.ok || action.do === 'become' || done.flow.nodes === flow.nodes) return done
  return { ...done, flow: followed(flow, done.flow) }
}

function changed(flow: Flow, action: Action, operations: Operations): Applied {
  switch (action.do) {
    case 'add':
      return add(flow, action, operations)
    case 'connect': {
      const why = whyNot(flow, operations, action.from, action.to)
      if (why !== undefined) return { ok: false, why }
      return { ok: true, flow: joined(flow, action.from, action.to), label: `connect ${endsOf(flow, action)}` }
    }
    case 'reconnect': {
      const why = whyNot(flow, operations, action.from, action.to, action.edge)
      if (why !== undefined) return { ok: false, why }
      const without = { ...flow, edges: flow.edges.filter((edge) => edge.id !== action.edge) }
      return {
        ok: true,
        flow: joined(without, action.from, action.to),
        label: `lead a line to ${endsOf(flow, action)}`,
      }
    }
    case 'disconnect':
      return remove(flow, { nodes: [], edges: action.edges }, operations)
    case 'remove':
      return remove(flow, action, operations)
    case 'place':
      return place(flow, action)
    case 'splice': {
      const edge = flow.edges.find((one) => one.id === action.edge)
      return edge ? splice(flow, action.node, edge, operations, action.at) : { ok: false, why: 'The line is gone.' }
    }
    case 'replace':
      return replace(flow, action.node, action.operation, operations)
    case 'paste':
      return pasted(flow, action.clip, action.at, action.verb ?? 'Paste')
    case 'describe':
      return describe(flow, action.change)
    case 'group':
    case 'ungroup':
    case 'change-group':
      return changeGroups(flow, action)
    case 'add-note':
    case 'change-note':
      return note(flow, action)
    case 'questions':
      return changeForm(flow, action)
    case 'ask': {
      const asked = asking(flow, action.question)
      if (typeof asked === 'string') return { ok: false, why: asked }
      const done = changeNodes(asked, { ...action, do: 'set' })
      return done.ok ? { ok: true, flow: done.flow, label: `ask “${action.question.title}”` } : done
    }
    case 'become':
      return { ok: true, flow: action.flow, label: action.what, select: NOTHING }
    default:
      return changeNodes(flow, action)
  }
}

function endsOf(
  flow: Flow,
  { from, to }: { readonly from: { readonly node: string }; readonly to: { readonly node: string } },
): string {
  const name = (id: string) => flow.nodes.find((node) => node.id === id)?.name ?? id
  return `“${name(from.node)}” to “${name(to.node)}”`
}

function place(flow: Flow, action: Extract<Action, { do: 'place' }>): Applied {
  const known = new Set(flow.nodes.map((node) => node.id))
  const nodes = { ...flow.layout?.nodes }
  for (const [id, point] of Object.entries(action.places)) if (known.has(id)) nodes[id] = { x: point.x, y: point.y }
  const notes = flow.layout?.notes?.map((one) => {
    const point = action.places[one.id]
    return point && !known.has(one.id) ? { ...one, x: point.x, y: point.y } : one
  })
  const count = Object.keys(action.places).length
  const [only] = Object.keys(action.places)
  const node = flow.nodes.find((one) => one.id === only)
  const what = count === 1 ? (node ? named(node) : 'a note') : `${count} steps`
  return {
    ok: true,
    flow: { ...flow, layout: { ...flow.layout, nodes, ...(notes ? { notes } : {}) } },
    label: action.what === 'Tidy up' ? 'tidy up' : `${action.what.toLowerCase()} ${what}`,
    ...(action.what === 'Nudge' ? { key: `nudge ${Object.keys(action.places).sort().join()}` } : {}),
  }
}

function describe(flow: Flow, change: Extract<Action, { do: 'describe' }>['change']): Applied {
  if (change.name !== undefined && change.name.trim() === '') return { ok: false, why: 'A flow needs a name.' }
  const long = tooLong('A name', change.name, 200) ?? tooLong('A description', change.description, 4000)
  if (long !== undefined) return { ok: false, why: long }
  const { order: _, ...rest } = flow
  const next: Flow =
    'order' in change && change.order === undefined ? { ...rest, ...dropUndefined(change) } : { ...flow, ...change }
  const [field = 'the flow'] = Object.keys(change)
  const words: { readonly [field: string]: string } = {
    name: 'rename the flow',
    description: 'describe the flow',
    capture: 'change what is kept of runs',
    order: 'change the order of records',
  }
  return { ok: true, flow: next, label: words[field] ?? 'change the flow', key: `flow ${field}` }
}

/** Nothing is cut off without a word: what does not fit is refused, and what stood there stays. */
const tooLong = (what: string, text: string | undefined, most: number): string | undefined =>
  text !== undefined && text.length > most
    ? `${what} has at most ${most} characters; this one has ${text.length}.`
    : undefined

const dropUndefined = <T extends object>(value: T): T =>
  // Leaves the type as it is: every field of it may be absent.
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T

function note(flow: Flow, action: Extract<Action, { do: 'add-note' | 'change-note' }>): Applied {
  const notes = flow.layout?.notes ?? []
  const withNotes = (next: typeof notes): Flow => ({
    ...flow,
    layout: { ...flow.layout, nodes: flow.layout?.nodes ?? {}, notes: next },
  })
  if (action.do === 'add-note') {
    const id = freshId(new Set(notes.map((one) => one.id)), 'note')
    const made = {
      id,
      x: action.at.x,
      y: action.at.y,
      width: 240,
      height: 120,
      text: action.text ?? '',
      colour: 'yellow' as const,
    }
    return {
      ok: true,
      flow: withNotes([...notes, made]),
      label: 'add a note',
      select: { ...NOTHING, notes: new Set([id]) },
    }
  }
  const { note: id, text, colour, size } = action
  if (!notes.some((one) => one.id === id)) return { ok: false, why: 'The note is not there any more.' }
  const long = tooLong('A note', text, 4000)
  if (long !== undefined) return { ok: false, why: long }
  const next = notes.map((one) =>
    one.id === id ? { ...one, ...(text === undefined ? {} : { text }), ...(colour ? { colour } : {}), ...size } : one,
  )
  return { ok: true, flow: withNotes(next), label: 'change a note', key: `note ${id}` }
}

type NodeAction = Extract<Action, { do: 'rename' | 'set' | 'settle' | 'slot' | 'remark' | 'disable' }>

/** Actions that change steps and leave the lines as they are. */
function changeNodes(flow: Flow, action: NodeAction): Applied {
  if (action.do === 'disable') return disable(flow, action.nodes, action.how)
  const node = flow.nodes.find((one) => one.id === action.node)
  if (node === undefined) return GONE
  const by = (changed: FlowNode): Flow => ({ ...flow, nodes: flow.nodes.map((one) => (one === node ? changed : one)) })
  switch (action.do) {
    case 'rename': {
      const name = action.name.trim()
      if (name === '') return { ok: false, why: 'A step needs a name.' }
      const long = tooLong('A name', name, 200)
      if (long !== undefined) return { ok: false, why: long }
      return { ok: true, flow: by({ ...node, name }), label: `rename ${named(node)}`, key: `rename ${node.id}` }
    }
    case 'set': {
      const { [action.setting]: _, ...rest } = node.settings
      const settings = action.value === undefined ? rest : { ...node.settings, [action.setting]: action.value }
      const changed = followPorts(by({ ...node, settings }), node, action)
      return { ok: true, flow: changed, label: `change ${named(node)}`, key: `set ${node.id} ${action.setting}` }
    }
    case 'settle': {
      const slots = action.slots ? { ...flow.slots, ...action.slots } : flow.slots
      const changed = { ...by({ ...node, settings: action.settings }), slots }
      return { ok: true, flow: changed, label: `change ${named(node)}` }
    }
    case 'slot': {
      const next = withoutIdleSlots(flow, by({ ...node, slot: action.slot }))
      return { ok: true, flow: next, label: `change the account of ${named(node)}` }
    }
    case 'remark': {
      const { note: _, ...rest } = node
      const long = tooLong('A remark', action.text, 2000)
      if (long !== undefined) return { ok: false, why: long }
      const changed = action.text === '' ? rest : { ...node, note: action.text }
      return { ok: true, flow: by(changed), label: `remark on ${named(node)}`, key: `remark ${node.id}` }
    }
  }
}

/** A case of a route that gets another name keeps its lines. */
function followPorts(flow: Flow, before: FlowNode, action: Extract<Action, { do: 'set' }>): Flow {
  const names = (value: unknown): readonly unknown[] =>
    Array.isArray(value)
      ? value.map((one: unknown) => (typeof one === 'object' && one !== null && 'name' in one ? one.name : undefined))
      : []
  const [was, is] = [names(before.settings[action.setting]), names(action.value)]
  if (was.length !== is.length) return flow
  const renamed = new Map(
    was.flatMap((name, place) => {
      const now = is[place]
      return typeof name === 'string' && typeof now === 'string' && name !== now ? [[name, now] as const] : []
    }),
  )
  if (renamed.size !== 1) return flow
  return {
    ...flow,
    edges: flow.edges.map((edge) =>
      edge.from === before.id && renamed.has(edge.port) ? { ...edge, port: renamed.get(edge.port) ?? edge.port } : edge,
    ),
  }
}

function disable(flow: Flow, ids: readonly string[], how: FlowNode['disabled']): Applied {
  const chosen = flow.nodes.filter((node) => ids.includes(node.id))
  const [only] = chosen
  if (only === undefined) return GONE
  const nodes = flow.nodes.map((node) => {
    if (!ids.includes(node.id)) return node
    const { disabled: _, ...rest } = node
    return how === undefined ? rest : { ...rest, disabled: how }
  })
  const what = chosen.length === 1 ? named(only) : `${chosen.length} steps`
  const label = how === undefined ? `enable ${what}` : `disable ${what}`
  return { ok: true, flow: { ...flow, nodes }, label, select: selectNodes(...chosen.map((node) => node.id)) }
}
