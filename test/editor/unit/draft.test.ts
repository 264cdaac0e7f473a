import { describe, expect, test } from 'vitest'
import { type Action, NOTHING, selectNodes } from '../../../editor/draft/action.ts'
import { apply } from '../../../editor/draft/apply.ts'
import { copied, readClip } from '../../../editor/draft/clipboard.ts'
import { whyNot } from '../../../editor/draft/connect.ts'
import { NO_HISTORY, redo, remember, undo } from '../../../editor/draft/history.ts'
import { merge } from '../../../editor/draft/merge.ts'
import { findInFlow, rank } from '../../../editor/draft/search.ts'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { catalog } from '../support/catalog.ts'
import { paidInvoices } from '../support/paid-invoices.ts'

const operations = new Map(catalog.operations.map((operation) => [operation.id, operation]))
const empty: Flow = { ...paidInvoices, nodes: [], edges: [], slots: {}, layout: { nodes: {} } }

const become = (flow: Flow, ...actions: readonly Action[]): Flow =>
  actions.reduce((now, action) => {
    const applied = apply(now, action, operations)
    if (!applied.ok) throw new Error(applied.why)
    return applied.flow
  }, flow)

const refusal = (flow: Flow, action: Action): string | undefined => {
  const applied = apply(flow, action, operations)
  return applied.ok ? undefined : applied.why
}

const lines = (flow: Flow): string[] => flow.edges.map((edge) => `${edge.from}.${edge.port}>${edge.to}`).sort()

describe('adding', () => {
  test('a step behind a port is joined to it, named, placed to its right, and brings the account it needs', () => {
    const flow = become(
      empty,
      { do: 'add', operation: 'manual', at: { x: 3, y: 7 } },
      { do: 'add', operation: 'xero.list-invoices', after: { node: 'manual', port: 'out' } },
      { do: 'add', operation: 'xero.list-invoices', after: { node: 'manual', port: 'out' } },
    )
    expect(flow.nodes.map(({ id, name }) => [id, name])).toEqual([
      ['manual', 'By hand'],
      ['list-invoices', 'Read invoices'],
      ['list-invoices-2', 'Read invoices 2'],
    ])
    expect(lines(flow)).toEqual(['manual.out>list-invoices', 'manual.out>list-invoices-2'])
    expect(flow.slots).toEqual({ xero: { connector: 'xero', title: 'Xero' } })
    const [first, second] = [flow.layout?.nodes['list-invoices'], flow.layout?.nodes['list-invoices-2']]
    expect(first?.x).toBeGreaterThan(flow.layout?.nodes['manual']?.x ?? 0)
    expect(second?.y).toBeGreaterThan(first?.y ?? 0)
  })

  test('into a line puts the step between, and moves what comes after by what is missing', () => {
    const before = become(paidInvoices, {
      do: 'place',
      what: 'Move',
      places: { paid: { x: 0, y: 0 }, contacts: { x: 300, y: 0 }, rows: { x: 600, y: 0 }, sales: { x: 900, y: 0 } },
    })
    const flow = become(before, { do: 'add', operation: 'split', edge: 'e3' })
    expect(lines(flow)).toContain('paid.out>split')
    expect(lines(flow)).toContain('split.out>contacts')
    expect(lines(flow)).not.toContain('paid.out>contacts')
    const places = flow.layout?.nodes ?? {}
    expect(places['contacts']?.x).toBeGreaterThan(places['split']?.x ?? 0)
    expect((places['sales']?.x ?? 0) - (places['contacts']?.x ?? 0)).toBe(600)
  })

  test('what cannot stand there is refused with the reason, and nothing changes', () => {
    expect(refusal(paidInvoices, { do: 'add', operation: 'manual', edge: 'e3' })).toMatch(/starts a flow/)
    expect(refusal(paidInvoices, { do: 'add', operation: 'xero.list-invoices', edge: 'e3' })).toMatch(
      /fetches records of its own/,
    )
    expect(refusal(paidInvoices, { do: 'add', operation: 'none.such' })).toMatch(/no operation/)
  })
})

describe('connecting', () => {
  const reason = (from: string, to: string, port = 'out') =>
    whyNot(paidInvoices, operations, { node: from, port }, { node: to, input: 'in' })

  test.each([
    ['sales', 'sales', /cannot feed itself/],
    ['sales', 'paid', /circle/],
    ['paid', 'start', /starts the flow/],
    ['paid', 'contacts', /joined already/],
    ['start', 'paid', /start and no records/],
    ['paid', 'nowhere', /not there any more/],
  ])('%s to %s is refused', (from, to, why) => {
    expect(reason(from, to)).toMatch(why)
  })

  test('another port of the same step may lead to the same place', () => {
    expect(reason('paid', 'sales', 'other')).toBeUndefined()
  })
})

describe('removing', () => {
  test('a step in the middle heals the line; several in a row heal it as one', () => {
    expect(lines(become(paidInvoices, { do: 'remove', nodes: ['contacts', 'rows'] }))).toEqual([
      'invoices.out>paid',
      'paid.out>sales',
      'start.out>invoices',
    ])
  })

  test('no line is healed that would make no sense, and an account that nobody uses goes too', () => {
    const flow = become(paidInvoices, { do: 'remove', nodes: ['invoices'] })
    expect(lines(flow)).not.toContain('start.out>paid')
    expect(Object.keys(flow.slots)).toEqual(['engagement'])
  })
})

test('replacing keeps lines, and settings that the new operation has too', () => {
  const flow = become(paidInvoices, { do: 'replace', node: 'rows', operation: 'filter' })
  expect(lines(flow)).toEqual(lines(paidInvoices))
  expect(flow.nodes.find((node) => node.id === 'rows')).toMatchObject({ operation: 'filter', settings: {} })
  expect(refusal(paidInvoices, { do: 'replace', node: 'rows', operation: 'manual' })).toMatch(/no place for a line/)
})

test('a case of a route that is renamed keeps its lines', () => {
  const routed = become(
    paidInvoices,
    { do: 'replace', node: 'paid', operation: 'filter' },
    {
      do: 'add',
      operation: 'route',
      after: { node: 'paid', port: 'other' },
      settings: { cases: [{ name: 'late', condition: 'true' }] },
    },
    { do: 'connect', from: { node: 'route', port: 'late' }, to: { node: 'sales', input: 'in' } },
    { do: 'set', node: 'route', setting: 'cases', value: [{ name: 'overdue', condition: 'true' }] },
  )
  expect(lines(routed)).toContain('route.overdue>sales')
})

describe('copying', () => {
  const clip = (flow: Flow, ...nodes: string[]) => {
    const reading = readClip(copied(flow, selectNodes(...nodes)) ?? '')
    if (!reading.ok) throw new Error(reading.why)
    return reading.clip
  }

  test('to another flow brings steps, their lines and accounts, under ids that are free', () => {
    const once = become(empty, { do: 'paste', clip: clip(paidInvoices, 'paid', 'contacts'), at: { x: 100, y: 100 } })
    const twice = become(once, { do: 'paste', clip: clip(paidInvoices, 'paid', 'contacts'), at: { x: 100, y: 300 } })
    expect(lines(twice)).toEqual(['paid-2.out>contacts-2', 'paid.out>contacts'])
    expect(Object.keys(twice.slots)).toEqual(['engagement'])
    expect(twice.nodes[3]).toMatchObject({ id: 'contacts-2', name: 'Write contacts 2', slot: 'engagement' })
  })

  test('nothing but a flow’s own fields is on the clipboard', () => {
    const text = copied(paidInvoices, selectNodes('contacts')) ?? ''
    expect(Object.keys(JSON.parse(text)).sort()).toEqual(['edges', 'kind', 'layout', 'nodes', 'slots'])
    expect(copied(paidInvoices, NOTHING)).toBeUndefined()
  })

  test.each([
    ['plain words', 'hello', /no steps/],
    ['2 MB of nonsense', `{${'x'.repeat(2_000_001)}`, /larger/],
    ['JSON of something else', '{"a":1}', /no steps/],
    ['half of a clip', (copied(paidInvoices, selectNodes('paid')) ?? '').slice(0, 80), /cut off/],
    ['a newer format', JSON.stringify({ ...paidInvoices, format: 99 }), /newer version/],
    [
      'a forbidden name',
      '{"kind":"tieline/steps","nodes":[{"id":"__proto__","operation":"map","name":"a","settings":{}}],"edges":[],"slots":{}}',
      /__proto__|match|id/,
    ],
  ])('%s is refused in words', (_name, text, why) => {
    const reading = readClip(text)
    expect(reading.ok ? '' : reading.why).toMatch(why)
  })
})

describe('groups', () => {
  const grouped = become(paidInvoices, { do: 'group', nodes: ['contacts', 'paid'], title: 'Who paid' })
  const groups = (flow: Flow) => flow.layout?.groups?.map(({ title, nodes }) => [title, nodes])

  test('frame steps, take in others, and never share one', () => {
    expect(groups(grouped)).toEqual([['Who paid', ['paid', 'contacts']]])
    const grown = become(grouped, { do: 'group', nodes: ['paid', 'contacts', 'rows'] })
    expect(groups(grown)).toEqual([['Who paid', ['paid', 'contacts', 'rows']]])
    const two = become(grouped, { do: 'group', nodes: ['contacts', 'rows'], title: 'Sending' })
    expect(
      groups(two)
        ?.flatMap(([, nodes]) => nodes)
        .toSorted(),
    ).toEqual(['contacts', 'paid', 'rows'])
    expect(refusal(grouped, { do: 'group', nodes: ['paid', 'contacts'] })).toMatch(/the group “Who paid” already/)
    expect(refusal(grouped, { do: 'change-group', group: 'group', title: 'x'.repeat(201) })).toMatch(/at most 200/)
    expect(groups(become(grouped, { do: 'ungroup', group: 'group' }))).toBeUndefined()
  })

  test('hold what is put between their steps, let go what is deleted, and end with their last step', () => {
    const put = become(grouped, { do: 'add', operation: 'split', edge: 'e3' })
    expect(groups(put)).toEqual([['Who paid', ['paid', 'contacts', 'split']]])
    expect(groups(become(grouped, { do: 'remove', nodes: ['paid'] }))).toEqual([['Who paid', ['contacts']]])
    expect(groups(become(grouped, { do: 'remove', nodes: ['paid', 'contacts'] }))).toBeUndefined()
  })

  test('go along when all of them is copied, and stand beside those that another drew', () => {
    const clip = (...nodes: string[]) => readClip(copied(grouped, selectNodes(...nodes)) ?? '')
    const [whole, part] = [clip('paid', 'contacts'), clip('paid')]
    if (!whole.ok || !part.ok) throw new Error('not copied')
    const pasted = become(grouped, { do: 'paste', clip: whole.clip, at: { x: 0, y: 900 } })
    expect(groups(pasted)?.[1]).toEqual(['Who paid', ['paid-2', 'contacts-2']])
    expect(groups(become(empty, { do: 'paste', clip: part.clip, at: { x: 0, y: 0 } }))).toBeUndefined()
    const theirs = become(paidInvoices, { do: 'group', nodes: ['sales'], title: 'Theirs' })
    const renamed = { ...theirs, layout: { nodes: {}, groups: [{ id: 'other', title: 'Theirs', nodes: ['sales'] }] } }
    expect(groups(merge(paidInvoices, grouped, renamed).flow)?.map(([title]) => title)).toEqual(['Theirs', 'Who paid'])
  })
})

describe('names', () => {
  test('a name of 500 characters is refused with its length; right-to-left marks stay as they are', () => {
    expect(refusal(paidInvoices, { do: 'rename', node: 'paid', name: 'n'.repeat(500) })).toMatch(/at most 200.*500/)
    expect(refusal(paidInvoices, { do: 'describe', change: { name: 'n'.repeat(500) } })).toMatch(/at most 200.*500/)
    expect(refusal(paidInvoices, { do: 'remark', node: 'paid', text: 'n'.repeat(3000) })).toMatch(/at most 2000.*3000/)
    const name = '\u202eabc\u202c'
    expect(become(paidInvoices, { do: 'rename', node: 'paid', name }).nodes[2]?.name).toBe(name)
  })
})

describe('undo', () => {
  const entry = (before: Flow, action: Action, at: number) => {
    const applied = apply(before, action, operations)
    if (!applied.ok) throw new Error(applied.why)
    return { label: applied.label, before, after: applied.flow, key: applied.key, at }
  }

  test('goes back through everything to the first state, and forward again', () => {
    const actions: Action[] = [
      { do: 'add', operation: 'split', edge: 'e3' },
      { do: 'rename', node: 'split', name: 'Lines' },
      { do: 'remove', nodes: ['rows'] },
      { do: 'disable', nodes: ['contacts'], how: 'pass' },
      { do: 'add-note', at: { x: 0, y: 0 } },
      { do: 'place', what: 'Tidy up', places: { paid: { x: 40, y: 40 } } },
    ]
    let flow = paidInvoices
    let history = NO_HISTORY
    for (const [place, action] of actions.entries()) {
      const one = entry(flow, action, place * 10_000)
      history = remember(history, one)
      flow = one.after
    }
    const last = flow
    for (let turned = undo(flow, history); turned; turned = undo(flow, history)) ({ flow, history } = turned)
    expect(flow).toBe(paidInvoices)
    for (let turned = redo(flow, history); turned; turned = redo(flow, history)) ({ flow, history } = turned)
    expect(flow).toBe(last)
  })

  test('typing in one field is one step; a pause begins another', () => {
    const set = (value: string): Action => ({ do: 'set', node: 'paid', setting: 'condition', value })
    let flow = paidInvoices
    let history = NO_HISTORY
    for (const [value, at] of [
      ['a', 0],
      ['ab', 300],
      ['abc', 600],
      ['abcd', 3000],
    ] as const) {
      const one = entry(flow, set(value), at)
      history = remember(history, one)
      flow = one.after
    }
    expect(history.past.map(({ label }) => label)).toEqual(['change “Only paid ones”', 'change “Only paid ones”'])
  })

  test('leaves what somebody else has changed meanwhile', () => {
    const mine = entry(paidInvoices, { do: 'rename', node: 'paid', name: 'Mine' }, 0)
    const others = become(mine.after, { do: 'rename', node: 'rows', name: 'Theirs' })
    const turned = undo(others, remember(NO_HISTORY, mine))
    expect(turned?.flow.nodes.map(({ name }) => name)).toEqual(
      paidInvoices.nodes.map(({ id, name }) => (id === 'rows' ? 'Theirs' : name)),
    )
  })
})

describe('two at once', () => {
  test('changes in different places are put together', () => {
    const ours = become(
      paidInvoices,
      { do: 'set', node: 'rows', setting: 'expression', value: '$' },
      { do: 'add', operation: 'split', edge: 'e3' },
    )
    const theirs = become(
      paidInvoices,
      { do: 'rename', node: 'rows', name: 'Rows' },
      { do: 'remove', nodes: ['sales'] },
      { do: 'describe', change: { description: 'New' } },
    )
    const { flow, conflicts } = merge(paidInvoices, ours, theirs)
    expect(conflicts).toEqual([])
    expect(flow.description).toBe('New')
    expect(flow.nodes.find(({ id }) => id === 'rows')).toMatchObject({ name: 'Rows', settings: { expression: '$' } })
    expect(lines(flow)).toEqual([
      'contacts.out>rows',
      'invoices.out>paid',
      'paid.out>split',
      'split.out>contacts',
      'start.out>invoices',
    ])
  })

  test('the same place changed by both is a question, and the answer stands', () => {
    const ours = become(paidInvoices, { do: 'rename', node: 'rows', name: 'Ours' }, { do: 'remove', nodes: ['paid'] })
    const theirs = become(
      paidInvoices,
      { do: 'rename', node: 'rows', name: 'Theirs' },
      { do: 'set', node: 'paid', setting: 'condition', value: 'true' },
    )
    const { conflicts } = merge(paidInvoices, ours, theirs)
    expect(conflicts.map(({ place }) => place).sort()).toEqual(['nodes/paid', 'nodes/rows/name'])
    const { flow, conflicts: left } = merge(paidInvoices, ours, theirs, {
      'nodes/rows/name': 'theirs',
      'nodes/paid': 'theirs',
    })
    expect(left).toEqual([])
    expect(flow.nodes.find(({ id }) => id === 'rows')?.name).toBe('Theirs')
    expect(flow.nodes.find(({ id }) => id === 'paid')?.settings).toEqual({ condition: 'true' })
  })
})

describe('searching', () => {
  test.each([
    ['bill', 'xero.list-invoices'],
    ['branch', 'route'],
    ['customer', 'emarsys.upsert-contacts'],
    ['cron', 'schedule'],
    ['send sales', 'emarsys.sales-data'],
    ['xero inv', 'xero.list-invoices'],
  ])('“%s” finds %s first', (typed, id) => {
    expect(rank(operations.values(), typed)[0]?.id).toBe(id)
  })

  test('what fits nothing finds nothing', () => {
    expect(rank(operations.values(), 'zzzzzz')).toEqual([])
  })

  test('in a flow finds names and what stands in expressions, with the setting', () => {
    expect(findInFlow(paidInvoices, 'itemcode')).toMatchObject([{ node: 'rows', where: 'expression' }])
    expect(findInFlow(paidInvoices, 'Only paid')).toMatchObject([{ node: 'paid', where: 'name' }])
  })
})
