import type { ReactFlowState } from '@xyflow/react'
import { expect, test } from 'vitest'
import { nameSizeOf } from '../../../editor/canvas/name-size.ts'

test('names on the canvas are at least 12 pixels tall down to a zoom of 0.4, and grow no more than two lines have room', () => {
  const at = (zoom: number) => nameSizeOf({ transform: [0, 0, zoom] } as unknown as ReactFlowState)
  for (let zoom = 0.4; zoom < 0.7; zoom += 0.01) expect(at(zoom) * zoom, `${zoom}`).toBeGreaterThanOrEqual(12)
  expect([at(1), at(0.7), at(0.65), at(0.1)]).toEqual([14, 14, 19, 30])
})
