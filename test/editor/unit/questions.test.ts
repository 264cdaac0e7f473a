import { expect, test } from 'vitest'
import type { Action } from '../../../editor/draft/action.ts'
import { apply } from '../../../editor/draft/apply.ts'
import { freeName, usersOf } from '../../../editor/draft/questions.ts'
import { sayEffect } from '../../../editor/step/effect-words.ts'
import { fieldOf } from '../../../editor/step/field.ts'
import { fitting, questionFor } from '../../../editor/step/questions.ts'
import type { Flow } from '../../../server/flow/document/flow.ts'
import type { FormField } from '../../../server/flow/document/form.ts'
import { catalog } from '../support/catalog.ts'
import { paidInvoices } from '../support/paid-invoices.ts'

const operations = new Map(catalog.operations.map((operation) => [operation.id, operation]))
const grace: FormField = { name: 'graceDays', type: 'days', title: 'Grace days' }
const asking: Flow = {
  ...paidInvoices,
  form: [grace],
  nodes: paidInvoices.nodes.map((node) =>
    node.id === 'paid' ? { ...node, settings: { condition: '$settings.graceDays > 3' } } : node,
  ),
}

test('a question gets a name that expressions can write and no other has', () => {
  expect(freeName([], 'Grace days')).toBe('graceDays')
  expect(freeName([grace], 'Grace days')).toBe('graceDays2')
  expect(freeName([], '7 Tage – für alle')).toBe('answer')
})

test('a question asks as the setting is: its kind, its limits, its choices, and what stands there as the answer', () => {
  const whole = fieldOf('everyMinutes', { type: 'integer', title: 'Minutes', minimum: 1, maximum: 60 }, true)
  expect(questionFor([], whole, 15)).toEqual({
    name: 'minutes',
    type: 'integer',
    title: 'Minutes',
    default: 15,
    minimum: 1,
    maximum: 60,
  })
  const choice = fieldOf('mode', { enum: ['daily', 'each'], title: 'Mode' }, true)
  expect(questionFor([], choice, undefined)).toMatchObject({
    type: 'choice',
    choices: [
      { value: 'daily', title: 'Daily' },
      { value: 'each', title: 'Each' },
    ],
  })
  expect(questionFor([], fieldOf('condition', { type: 'string', format: 'jsonata' }, true), 'true')).toBeUndefined()
  expect(fitting([grace, { name: 'word', type: 'text', title: 'Word' }], whole)).toEqual([grace])
})

test('a question that a step asks cannot be removed; one that nobody asks can', () => {
  expect(usersOf(asking, 'graceDays')).toEqual(['Only paid ones'])
  expect(usersOf(asking, 'grace')).toEqual([])
  const remove: Action = { do: 'questions', form: [], what: 'remove a question' }
  expect(apply(asking, remove, operations)).toMatchObject({ ok: false, why: expect.stringContaining('Only paid ones') })
  const unasked = { ...asking, nodes: paidInvoices.nodes }
  const done = apply(unasked, remove, operations)
  expect(done.ok && done.flow).not.toHaveProperty('form')
})

test('asking puts the question into the form and the answer into the setting at once', () => {
  const done = apply(
    paidInvoices,
    { do: 'ask', question: grace, node: 'start', setting: 'everyMinutes', value: { $setting: 'graceDays' } },
    operations,
  )
  expect(done).toMatchObject({ ok: true, label: 'ask “Grace days”', flow: { form: [grace] } })
  expect(done.ok && done.flow.nodes[0]?.settings).toMatchObject({ everyMinutes: { $setting: 'graceDays' } })
})

test('an account that is only lent to a called flow stays when its last own step lets go of it', () => {
  const lent: Flow = {
    ...paidInvoices,
    slots: { ...paidInvoices.slots, other: { connector: 'xero', title: 'Other' } },
    nodes: [
      ...paidInvoices.nodes,
      { id: 'call', operation: 'sub-flow', name: 'Call', settings: { slots: [{ inner: 'ledger', outer: 'ledger' }] } },
    ],
  }
  const done = apply(lent, { do: 'slot', node: 'invoices', slot: 'other' }, operations)
  expect(done.ok && Object.keys(done.flow.slots)).toEqual(['ledger', 'engagement', 'other'])
})

test('every policy that a write can have is said in words', () => {
  const write = operations.get('emarsys.sales-data')
  if (!write) throw new Error('not in the catalog')
  const said = ['every-time', 'once-per-key', 'once-per-key-and-content', 'difference'].map(
    (policy) => sayEffect({ ...write, policies: ['every-time'] }, { policy })?.when,
  )
  expect(new Set(said).size).toBe(4)
  expect(said.every(Boolean)).toBe(true)
})
