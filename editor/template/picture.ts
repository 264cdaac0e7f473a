import type { Flow } from '../../server/flow/document/flow.ts'

type Box = { readonly id: string; readonly name: string; readonly kind: string; readonly x: number; readonly y: number }
type Line = { readonly id: string; readonly path: string }
type Size = { readonly width: number; readonly height: number }
export type Picture = Size & {
  readonly box: Size
  /** Names are left out where nobody could read them. */
  readonly named: boolean
  readonly boxes: readonly Box[]
  readonly lines: readonly Line[]
}

const NAMED: Size = { width: 220, height: 64 }
const BARE: Size = { width: 96, height: 48 }
const MARGIN = 24
/** Wider than this, names of 15 units are below what can be read on a card. */
const READABLE = 1000

/**
 * The graph as it is drawn: boxes where the layout puts them, lines from right edge to left edge. A flow that is too
 * wide for names is drawn closer, by its columns and rows, as boxes in the colours of their systems.
 */
export function pictureOf(flow: Flow): Picture {
  const places = flow.layout?.nodes ?? {}
  const drawn = flow.nodes.map((node, index) => {
    const { x, y } = places[node.id] ?? { x: index * (NAMED.width + 80), y: 0 }
    return { id: node.id, name: node.name, kind: kindOf(node.operation), x, y }
  })
  const named = extent(drawn.map(({ x }) => x)) + NAMED.width + 2 * MARGIN <= READABLE
  const box = named ? NAMED : BARE
  const placed = named ? drawn : closer(drawn)
  const left = Math.min(...placed.map(({ x }) => x)) - MARGIN
  const top = Math.min(...placed.map(({ y }) => y)) - MARGIN
  const boxes = placed.map((one) => ({ ...one, x: one.x - left, y: one.y - top }))
  const byId = new Map(boxes.map((one) => [one.id, one]))
  const lines = flow.edges.flatMap(({ id, from, to }) => {
    const [a, b] = [byId.get(from), byId.get(to)]
    if (!a || !b) return []
    const [x1, y1, x2, y2] = [a.x + box.width, a.y + box.height / 2, b.x, b.y + box.height / 2]
    const bend = Math.max(box.width / 5, Math.abs(x2 - x1) / 2)
    return [{ id, path: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }]
  })
  return {
    ...{ box, named, boxes, lines },
    width: Math.max(...boxes.map(({ x }) => x)) + box.width + MARGIN,
    height: Math.max(...boxes.map(({ y }) => y)) + box.height + MARGIN,
  }
}

const extent = (places: readonly number[]): number => Math.max(...places) - Math.min(...places)

/** Places by column and row, instead of by pixels. */
function closer(boxes: readonly Box[]): readonly Box[] {
  const column = ranks(
    boxes.map(({ x }) => x),
    NAMED.width / 2,
  )
  const row = ranks(
    boxes.map(({ y }) => y),
    NAMED.height / 2,
  )
  return boxes.map((one) => ({ ...one, x: column(one.x) * (BARE.width + 48), y: row(one.y) * (BARE.height + 32) }))
}

/** The how-manieth of the places one is; places less than `near` apart are one. */
function ranks(places: readonly number[], near: number): (place: number) => number {
  const starts: number[] = []
  for (const place of [...places].sort((a, b) => a - b)) {
    if (starts.length === 0 || place - (starts.at(-1) ?? 0) >= near) starts.push(place)
  }
  return (place) => starts.filter((start) => start <= place).length - 1
}

/** Whose box it is: a system, or the engine. */
export const kindOf = (operation: string): string =>
  operation.includes('.') ? (operation.split('.')[0] ?? '') : 'engine'
