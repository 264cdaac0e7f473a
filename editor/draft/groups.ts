import type { Flow, FlowGroup, FlowLayout } from '../../server/flow/document/flow.ts'
import { type Action, type Applied, selectNodes } from './action.ts'
import { freshId } from './ids.ts'

type GroupAction = Extract<Action, { do: 'group' | 'ungroup' | 'change-group' }>

/** The groups of a flow with the steps that are there; each step in the first group that names it, none empty. */
export function groupsOf(flow: Pick<Flow, 'nodes' | 'layout'>): readonly FlowGroup[] {
  const groups = flow.layout?.groups ?? []
  if (groups.length === 0) return groups
  const free = new Set(flow.nodes.map(({ id }) => id))
  return groups.flatMap((group) => {
    const nodes = group.nodes.filter((id) => free.delete(id))
    if (nodes.length === 0) return []
    return [nodes.length === group.nodes.length ? group : { ...group, nodes }]
  })
}

export const groupOf = (flow: Pick<Flow, 'nodes' | 'layout'>, node: string): FlowGroup | undefined =>
  groupsOf(flow).find((group) => group.nodes.includes(node))

/** Groups steps, takes a group apart, names or fills one. The steps themselves stay as they are. */
export function changeGroups(flow: Flow, action: GroupAction): Applied {
  const groups = groupsOf(flow)
  if (action.do === 'group') return group(flow, groups, action.nodes, action.title)
  const found = groups.find(({ id }) => id === action.group)
  if (found === undefined) return { ok: false, why: 'The group is not there any more.' }
  if (action.do === 'ungroup') {
    const next = withGroups(
      flow,
      groups.filter((one) => one !== found),
    )
    return { ok: true, flow: next, label: `take the group “${found.title}” apart`, select: selectNodes(...found.nodes) }
  }
  const title = action.title?.trim()
  if (title === '') return { ok: false, why: 'A group needs a name.' }
  if (title !== undefined && title.length > 200)
    return { ok: false, why: `A name has at most 200 characters; this one has ${title.length}.` }
  const wanted = action.nodes && new Set(action.nodes)
  const changed = groups.flatMap((one) => {
    const nodes =
      wanted === undefined ? one.nodes : one === found ? [...wanted] : one.nodes.filter((id) => !wanted.has(id))
    if (nodes.length === 0) return []
    if (one !== found) return [{ ...one, nodes }]
    return [
      { ...one, nodes, ...(title === undefined ? {} : { title }), ...(action.colour ? { colour: action.colour } : {}) },
    ]
  })
  const label = title === undefined ? `change the group “${found.title}”` : `rename the group “${found.title}”`
  const key = title === undefined ? undefined : `group ${found.id} title`
  return { ok: true, flow: withGroups(flow, changed), label, ...(key ? { key } : {}) }
}

/** Steps of one group and of none join that group; others make a new one. */
function group(
  flow: Flow,
  groups: readonly FlowGroup[],
  chosen: readonly string[],
  title: string | undefined,
): Applied {
  const nodes = flow.nodes.map(({ id }) => id).filter((id) => chosen.includes(id))
  if (nodes.length === 0) return { ok: false, why: 'Select the steps to group first.' }
  const touched = groups.filter((one) => one.nodes.some((id) => nodes.includes(id)))
  const [only] = touched
  const grows = only !== undefined && touched.length === 1 && nodes.length > only.nodes.length
  if (
    only !== undefined &&
    touched.length === 1 &&
    nodes.length === only.nodes.length &&
    nodes.every((id) => only.nodes.includes(id))
  )
    return { ok: false, why: `These steps are the group “${only.title}” already.` }
  const rest = groups.flatMap((one) => {
    const left = one.nodes.filter((id) => !nodes.includes(id))
    return left.length === 0 ? [] : [{ ...one, nodes: left }]
  })
  const made: FlowGroup = grows
    ? { ...only, nodes: [...new Set([...only.nodes, ...nodes])] }
    : { id: freshId(new Set(groups.map(({ id }) => id)), 'group'), title: title ?? freshTitle(groups), nodes }
  const what = nodes.length === 1 ? '1 step' : `${nodes.length} steps`
  const label = grows ? `put ${what} into the group “${made.title}”` : `group ${what}`
  const others = rest.filter(({ id }) => id !== made.id)
  return { ok: true, flow: withGroups(flow, [...others, made]), label, select: selectNodes(...made.nodes) }
}

function freshTitle(groups: readonly FlowGroup[]): string {
  const taken = new Set(groups.map(({ title }) => title))
  for (let number = groups.length + 1; ; number++) if (!taken.has(`Group ${number}`)) return `Group ${number}`
}

export function withGroups(flow: Flow, groups: readonly FlowGroup[]): Flow {
  const { groups: _, ...rest }: FlowLayout = flow.layout ?? { nodes: {} }
  return { ...flow, layout: groups.length > 0 ? { ...rest, groups: [...groups] } : rest }
}

/** After steps came or went: groups hold the steps that are there, and one put between two of a group belongs to it. */
export function followed(before: Flow, flow: Flow): Flow {
  if (before.layout?.groups === undefined) return flow
  const known = new Set(before.nodes.map(({ id }) => id))
  if (flow.nodes.length === known.size && flow.nodes.every(({ id }) => known.has(id))) return flow
  const groups = groupsOf(flow).map((one) => {
    const joins = (id: string): boolean => {
      const into = flow.edges.filter((edge) => edge.to === id).map(({ from }) => from)
      const out = flow.edges.filter((edge) => edge.from === id).map(({ to }) => to)
      return into.some((from) => one.nodes.includes(from)) && out.some((to) => one.nodes.includes(to))
    }
    const between = flow.nodes.map(({ id }) => id).filter((id) => !known.has(id) && joins(id))
    return between.length === 0 ? one : { ...one, nodes: [...one.nodes, ...between] }
  })
  return withGroups(flow, groups)
}
