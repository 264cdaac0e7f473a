import type { Flow } from '../../server/flow/document/flow.ts'
import type { Action, Point, Selection } from './action.ts'
import type { Operations } from './connect.ts'
import { GRID, heightOf, placeOf, snap, WIDTH } from './place.ts'

export type Alignment = 'left' | 'top' | 'across' | 'down'

export const ALIGN_WORDS: { readonly [how in Alignment]: string } = {
  left: 'Align left',
  top: 'Align top',
  across: 'Spread across',
  down: 'Spread down',
}

/** Lines the selected steps up, or spreads them evenly between the outermost two. */
export function aligned(
  flow: Flow,
  chosen: readonly string[],
  how: Alignment,
  operations: Operations,
): Action | undefined {
  const boxes = flow.nodes
    .filter((node) => chosen.includes(node.id))
    .map((node) => ({ id: node.id, ...placeOf(flow, node.id), height: heightOf(node, operations.get(node.operation)) }))
  if (boxes.length < (how === 'left' || how === 'top' ? 2 : 3)) return undefined
  const left = Math.min(...boxes.map((box) => box.x))
  const top = Math.min(...boxes.map((box) => box.y))
  const axis = how === 'across' ? 'x' : 'y'
  const sorted = [...boxes].sort((a, b) => a[axis] - b[axis])
  const [first, last] = [sorted[0], sorted.at(-1)]
  const gap = first && last ? (last[axis] - first[axis]) / (sorted.length - 1) : 0
  const places = Object.fromEntries(
    sorted.map((box, place): [string, Point] => {
      if (how === 'left') return [box.id, { x: left, y: box.y }]
      if (how === 'top') return [box.id, { x: box.x, y: top }]
      const along = (first?.[axis] ?? 0) + gap * place
      return [box.id, snap(how === 'across' ? { x: along, y: box.y } : { x: box.x, y: along })]
    }),
  )
  return { do: 'place', what: ALIGN_WORDS[how], places }
}

/** Moves what is selected by grid steps: what Alt and an arrow do. */
export function nudged(flow: Flow, selection: Selection, dx: number, dy: number): Action | undefined {
  const by = (point: Point): Point => ({ x: point.x + dx * GRID, y: point.y + dy * GRID })
  const notes = (flow.layout?.notes ?? []).filter((note) => selection.notes.has(note.id))
  const places = Object.fromEntries([
    ...[...selection.nodes].map((id): [string, Point] => [id, by(placeOf(flow, id))]),
    ...notes.map((note): [string, Point] => [note.id, by(note)]),
  ])
  return Object.keys(places).length === 0 ? undefined : { do: 'place', what: 'Nudge', places }
}

export type Guides = { readonly x: number | undefined; readonly y: number | undefined }

const NEAR = 6

/** Edges and middles of other steps that a dragged one lines up with, and where it stands then. */
export function guidesFor(
  moved: { readonly id: string } & Point & { readonly height: number },
  others: readonly ({ readonly id: string } & Point & { readonly height: number })[],
): { readonly at: Point; readonly guides: Guides } {
  let [x, y]: (number | undefined)[] = [undefined, undefined]
  let at: Point = { x: moved.x, y: moved.y }
  for (const other of others) {
    if (other.id === moved.id) continue
    if (x === undefined && Math.abs(other.x - moved.x) <= NEAR) {
      x = other.x
      at = { ...at, x: other.x }
    }
    const [middle, own] = [other.y + other.height / 2, moved.y + moved.height / 2]
    if (y === undefined && Math.abs(other.y - moved.y) <= NEAR) {
      y = other.y
      at = { ...at, y: other.y }
    } else if (y === undefined && Math.abs(middle - own) <= NEAR) {
      y = middle
      at = { ...at, y: middle - moved.height / 2 }
    }
    if (x !== undefined && y !== undefined) break
  }
  return { at, guides: { x, y } }
}

/** The nearest step from one in a direction, for arrows where no line leads. */
export function neighbour(flow: Flow, from: string, direction: 'up' | 'down' | 'left' | 'right'): string | undefined {
  const here = placeOf(flow, from)
  const along = (point: Point): number =>
    ({ up: here.y - point.y, down: point.y - here.y, left: here.x - point.x, right: point.x - here.x })[direction]
  const aside = (point: Point): number =>
    direction === 'up' || direction === 'down' ? Math.abs(point.x - here.x) : Math.abs(point.y - here.y)
  return flow.nodes
    .filter((node) => node.id !== from)
    .map((node) => ({ id: node.id, at: placeOf(flow, node.id) }))
    .filter(({ at }) => along(at) > 0)
    .sort((a, b) => along(a.at) + 2 * aside(a.at) - (along(b.at) + 2 * aside(b.at)))[0]?.id
}

/** Where an arrow key leads: along the lines to the left and right, else to what stands there. */
export function walked(flow: Flow, from: string, direction: 'up' | 'down' | 'left' | 'right'): string | undefined {
  if (direction === 'right')
    return flow.edges.find((edge) => edge.from === from)?.to ?? neighbour(flow, from, direction)
  if (direction === 'left') return flow.edges.find((edge) => edge.to === from)?.from ?? neighbour(flow, from, direction)
  return neighbour(flow, from, direction)
}

export const boundsOf = (flow: Flow): { x: number; y: number; width: number; height: number } => {
  const places = flow.nodes.map((node) => placeOf(flow, node.id))
  if (places.length === 0) return { x: 0, y: 0, width: WIDTH, height: 72 }
  const [x, y] = [Math.min(...places.map((one) => one.x)), Math.min(...places.map((one) => one.y))]
  const [right, bottom] = [Math.max(...places.map((one) => one.x)), Math.max(...places.map((one) => one.y))]
  return { x, y, width: right - x + WIDTH, height: bottom - y + 120 }
}
