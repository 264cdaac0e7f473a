import { expect, test } from 'vitest'
import { packedOf } from '../../../editor/parts/packed.ts'

const number = (id: string) => ({ id, align: 'end' as const })

test('three numbers that follow each other stand side by side on a phone; one or two are rows like any other', () => {
  const columns = [
    { id: 'step' },
    number('in'),
    number('out'),
    number('rejected'),
    { id: 'of' },
    number('calls'),
    number('took'),
  ]
  expect([...packedOf(columns)]).toEqual(['in', 'out', 'rejected'])
})

test('what a phone leaves out is counted neither as one of them nor as what parts them', () => {
  expect(packedOf([number('a'), number('b'), { ...number('c'), wideOnly: true }]).size).toBe(0)
  const parted = [number('a'), number('b'), { id: 'text', wideOnly: true }, number('c')]
  expect([...packedOf(parted)]).toEqual(['a', 'b', 'c'])
})
