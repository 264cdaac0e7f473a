import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PROBLEM_CODES } from '../../server/flow/schema/problem.ts'
import { readFlow } from '../../server/flow/document/read.ts'

const page = readFileSync(new URL('../../docs/flow-format.md', import.meta.url), 'utf8')

test('the page lists every problem code with its meaning, and no other', () => {
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning])
  expect(listed).toEqual(Object.entries(PROBLEM_CODES))
})

test('the example of the page is a flow', () => {
  const example = page.match(/```json\n([\s\S]*?)```/)?.[1] ?? ''
  expect(readFlow(example)).toMatchObject({ ok: true, flow: { nodes: [{ id: 'n1' }, {}, {}, {}] } })
})
