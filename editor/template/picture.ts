import type { Flow } from '../../server/flow/flow.ts'

type Box = { readonly id: string; readonly name: string; readonly kind: string; readonly x: number; readonly y: number }
type Line = { readonly id: string; readonly path: string }
export type Picture = {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly lines: readonly Line[]
}

export const BOX = { width: 220, height: 64 }
const MARGIN = 24

/** The graph as it is drawn: boxes where the layout puts them, lines from right edge to left edge. */
export function pictureOf(flow: Flow): Picture {
  const places = flow.layout?.nodes ?? {}
  const placed = flow.nodes.map((node, index) => {
    const { x, y } = places[node.id] ?? { x: index * (BOX.width + 80), y: 0 }
    return { id: node.id, name: node.name, kind: kindOf(node.operation), x, y }
  })
  const left = Math.min(0, ...placed.map(({ x }) => x)) - MARGIN
  const top = Math.min(0, ...placed.map(({ y }) => y)) - MARGIN
  const boxes = placed.map((box) => ({ ...box, x: box.x - left, y: box.y - top }))
  const byId = new Map(boxes.map((box) => [box.id, box]))
  const lines = flow.edges.flatMap(({ id, from, to }) => {
    const [a, b] = [byId.get(from), byId.get(to)]
    if (!a || !b) return []
    const [x1, y1, x2, y2] = [a.x + BOX.width, a.y + BOX.height / 2, b.x, b.y + BOX.height / 2]
    const bend = Math.max(40, Math.abs(x2 - x1) / 2)
    return [{ id, path: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }]
  })
  return {
    width: Math.max(...boxes.map(({ x }) => x)) + BOX.width + MARGIN,
    height: Math.max(...boxes.map(({ y }) => y)) + BOX.height + MARGIN,
    boxes,
    lines,
  }
}

/** Whose box it is: a system, or the engine. */
const kindOf = (operation: string): string => (operation.includes('.') ? (operation.split('.')[0] ?? '') : 'engine')
