import { expect, test } from 'vitest'
import type { Automation, Need } from '../../server/contract/automations.ts'
import { type About, weeklyLetter } from '../../server/weekly/letter.ts'

const one = (more: Partial<Automation> = {}): Automation => ({
  ...{ flow: 'f', name: 'Paid', sentence: 'Sends paid invoices.', enabled: true, published: true, switchedAt: null },
  ...{
    health: 'working',
    lastSync: null,
    nextDue: null,
    turnOn: null,
    week: { read: 0, sent: 0 },
    days: [],
    needs: [],
    settings: 0,
    reports: [],
  },
  ...more,
})
const need = (kind: Need['kind'], more: Partial<Need> = {}): Need => ({
  ...{ kind, message: `${kind}!`, since: null, connection: null, yours: true, others: [] },
  ...more,
})
const letter = (automations: readonly Automation[], more: Partial<About> = {}) =>
  weeklyLetter({
    name: 'Ada',
    workspace: { id: 'w', name: 'Nordwind' },
    automations,
    doubts: 0,
    url: 'https://t.test',
    stop: 'https://t.test/stop/1',
    ...more,
  })

const moved = { week: { read: 2, sent: 1 } }
test.each([
  [[], 'Nothing is set up yet.'],
  [[one({ health: 'off' })], 'No automation is on.'],
  [[one()], 'All is well: your automation is working.'],
  [[one(), one(moved), one({ health: 'off' })], 'All is well: all 2 automations are working.'],
  [[one(), one({ health: 'on-it' })], 'We’re on it: 1 of 2 automations is not as it should be.'],
  [[one(), one({ health: 'needs-you', needs: [need('stopped')] })], '1 of 2 automations needs you.'],
  [[one({ needs: [need('exceptions')] }), one({ needs: [need('ending')] })], '2 of 2 automations need you.'],
  [[one({ needs: [need('exceptions', { yours: false })] })], 'All is well: your automation is working.'],
])('%#: %s', (automations, headline) => {
  expect(letter(automations).subject).toBe(`Nordwind: ${headline}`)
})

test.each([
  [need('connection', { connection: 'c' }), 'https://t.test/w/w/connections/c'],
  [need('ending', { connection: 'c' }), 'https://t.test/w/w/connections/c'],
  [need('answers'), 'https://t.test/w/w/flows/f?tab=settings'],
  [need('exceptions'), 'https://t.test/w/w/exceptions?flow=f&state=open'],
  [need('stopped'), 'https://t.test/w/w/home'],
])('%# leads to where it is done', (wanted, link) => {
  expect(letter([one({ needs: [wanted] })]).text).toMatch(new RegExp(`– Paid: .+\n  ${link.replaceAll('?', '\\?')}\n`))
})

test.each([
  [undefined, '1,412,007 records read, 20,000 items sent.', '1,000 items or more'],
  ['1.234,5', '1.412.007 records read, 20.000 items sent.', '1.000 items or more'],
  ['1 234,5', '1 412 007 records read, 20 000 items sent.', '1 000 items or more'],
  ['1’234.5', '1’412’007 records read, 20’000 items sent.', '1’000 items or more'],
])('writes numbers as its reader wants them: %s', (numbers, moved, doubted) => {
  const letters = letter([one({ week: { read: 1_412_007, sent: 20_000 } })], { numbers, doubts: 1000 })
  const text = letters.text.replaceAll('\u00a0', ' ')
  expect(text).toContain(moved)
  expect(text).toContain(`of ${doubted} it is not known`)
})

test('says nothing in the words of another system, which may name somebody', () => {
  const needs = [
    need('connection', { message: 'jane@shop.example' }),
    need('stopped', { message: 'jane@shop.example' }),
  ]
  expect(letter([one({ needs })]).text).not.toContain('jane')
})

test('leaves out what is well and moved nothing, and what moved has its line', () => {
  const { text } = letter([one({ name: 'Quiet' }), one(moved)])
  expect(text).not.toContain('Quiet')
  expect(text).toContain('– Paid: Working. 2 records read, 1 item sent. Sends paid invoices.')
})

test('does not call well what nobody knows the end of', () => {
  const { subject, text } = letter([one(moved)], { doubts: 1 })
  expect(subject).toBe('Nordwind: Of 1 item it is not known whether it arrived.')
  expect(text).toContain('https://t.test/w/w/unknown')
  expect(letter([one()], { doubts: 1000 }).text).toContain(
    'of 1,000 items or more it is not known whether they arrived',
  )
})
