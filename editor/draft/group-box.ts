import type { Point } from './action.ts'
import { GRID, WIDTH } from './place.ts'

export type Box = Point & { readonly width: number; readonly height: number }

/** Room around the steps of a group; above them stands its name. Whole grid steps, so that a moved frame stays on it. */
export const AROUND = GRID
export const ABOVE = 2 * GRID

/** The frame around steps. */
export function frameAround(steps: readonly (Point & { readonly height: number })[]): Box {
  const [left, top] = [Math.min(...steps.map(({ x }) => x)), Math.min(...steps.map(({ y }) => y))]
  const right = Math.max(...steps.map(({ x }) => x + WIDTH))
  const bottom = Math.max(...steps.map(({ y, height }) => y + height))
  return {
    x: left - AROUND,
    y: top - ABOVE,
    width: right - left + 2 * AROUND,
    height: bottom - top + ABOVE + AROUND,
  }
}

/** Of a folded group, which stands where its frame begins. */
export const FOLDED = { width: WIDTH, height: 72 }
