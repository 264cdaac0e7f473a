import { expect, test } from 'vitest'
import { effectsOf, outlineOf, saySchedule } from '../../../editor/outline.ts'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { catalog } from '../support/catalog.ts'
import { paidInvoices } from '../support/paid-invoices.ts'

const operations = new Map(catalog.operations.map((one) => [one.id, one]))
const names = (flow: Pick<Flow, 'nodes' | 'edges'>): string[] => outlineOf(flow, operations).map((step) => step.node.id)

const node = (id: string) => ({ id, operation: 'map', name: id, settings: {} })
const edge = (from: string, to: string, port = 'out') => ({ id: `${from}-${to}`, from, port, to, input: 'in' })

test('steps stand in the order in which records pass them, however the document lists them', () => {
  expect(names({ ...paidInvoices, nodes: [...paidInvoices.nodes].reverse() })).toEqual([
    'start',
    'invoices',
    'paid',
    'contacts',
    'rows',
    'sales',
  ])
})

test('a branch stays together, and what joins branches comes after all of them', () => {
  const flow = {
    nodes: ['a', 'left', 'right', 'deep', 'join'].map(node),
    edges: [
      edge('a', 'left'),
      edge('a', 'right', 'other'),
      edge('left', 'deep'),
      edge('deep', 'join'),
      edge('right', 'join'),
    ],
  }
  expect(names(flow)).toEqual(['a', 'left', 'deep', 'right', 'join'])
})

test('steps in a circle are still shown', () => {
  const flow = { nodes: ['a', 'b', 'c'].map(node), edges: [edge('b', 'c'), edge('c', 'b')] }
  expect(names(flow)).toEqual(['a', 'b', 'c'])
})

test('an unusual port is named where records come from', () => {
  const flow = { nodes: ['a', 'b'].map(node), edges: [edge('a', 'b', 'other')] }
  expect(outlineOf(flow, operations)[1]?.from).toEqual(['a, by “other”'])
})

test('the effects of a flow name its systems and what cannot be taken back', () => {
  expect(effectsOf(paidInvoices, operations)).toEqual({
    starts: ['Every 15 minutes'],
    reads: [{ title: 'Read invoices', slot: 'Xero' }],
    writes: [
      { title: 'Write contacts', slot: 'Emarsys', unsafe: false },
      { title: 'Send purchases', slot: 'Emarsys', unsafe: true },
    ],
  })
})

test('schedules are said in words', () => {
  expect(saySchedule({ mode: 'interval', everyMinutes: 1 })).toBe('Every minute')
  expect(saySchedule({ mode: 'interval', everyMinutes: 120 })).toBe('Every 2 hours')
  expect(saySchedule({ mode: 'wall-clock', cron: '30 7 * * 1', zone: 'Europe/Berlin' })).toBe(
    'Every Monday at 07:30, Europe/Berlin',
  )
  // Answers of the flow's form are not in its document.
  expect(saySchedule({ mode: 'interval', everyMinutes: { $setting: 'often' } })).toBe('As often as its settings say')
  expect(saySchedule({ mode: 'wall-clock', cron: { $setting: 'at' } })).toBe('At the time that its settings say')
})
