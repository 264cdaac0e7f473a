import { expect, test } from 'vitest'
import { confirmedOn } from '../../server/evaluate/confirmed.ts'
import { asksPolicy, type ConfirmedRule, sayEffect, sayRule, USUAL_RULE } from '../../server/flow/document/policy.ts'

const NOW = Date.parse('2026-11-20T10:00:00Z')
const rule = (change: Partial<ConfirmedRule>): ConfirmedRule => ({ ...USUAL_RULE, ...change })
const on = (policy: ConfirmedRule, invoice: object) => confirmedOn(policy, invoice, NOW)

test('paid in full: the day of the payment, and nothing else counts', () => {
  const paid = { Status: 'PAID', FullyPaidOnDate: '2026-11-03', Date: '2026-10-01' }
  expect(on(USUAL_RULE, paid)).toBe('2026-11-03')
  for (const Status of ['DRAFT', 'SUBMITTED', 'AUTHORISED', 'VOIDED', 'DELETED', undefined]) {
    expect(on(USUAL_RULE, { ...paid, Status })).toBeUndefined()
  }
})

test('a tolerance takes the last cents for paid, once something was paid, and not one cent more', () => {
  const open = { Status: 'AUTHORISED', AmountPaid: 99.96, AmountDue: 0.04, Date: '2026-10-01' }
  const payments = [{ Date: '2026-11-02T00:00:00' }, { Date: '2026-11-05' }, { Date: '2026-10-30' }]
  expect(on(rule({ tolerance: 0.04 }), { ...open, Payments: payments })).toBe('2026-11-05')
  expect(on(rule({ tolerance: 0.03 }), open)).toBeUndefined()
  expect(on(rule({ tolerance: 1000 }), { ...open, AmountPaid: 0, AmountDue: 5 })).toBeUndefined()
})

test('approved: from its own day; due: some days after it was due, paid or not', () => {
  const open = { Status: 'AUTHORISED', Date: '2026-10-01', DueDate: '2026-11-10', AmountDue: 5 }
  expect(on(rule({ basis: 'authorised' }), open)).toBe('2026-10-01')
  expect(on(rule({ basis: 'due', daysAfterDue: 10 }), open)).toBe('2026-11-20')
  expect(on(rule({ basis: 'due', daysAfterDue: 11 }), open)).toBeUndefined()
  expect(on(rule({ basis: 'due', daysAfterDue: 11 }), { ...open, Status: 'VOIDED' })).toBeUndefined()
})

test('the rule and what a change of it brings are said in words', () => {
  expect(sayRule(USUAL_RULE)).toBe(
    'An order counts once its invoice is paid in full. Drafts, voided and deleted invoices never count. ' +
      'A credit note takes away from it once it is applied to an invoice that counts, or paid back.',
  )
  expect(sayRule(rule({ basis: 'due', daysAfterDue: 14, tolerance: 0.5 }))).toContain(
    'paid in full (up to 0.50 may be left open), and in any case 14 days after it was due.',
  )
  expect(sayEffect(USUAL_RULE, USUAL_RULE)).toEqual([])
  expect(sayEffect(USUAL_RULE, rule({ basis: 'authorised' })).join(' ')).toContain('More orders will count')
  expect(sayEffect(rule({ basis: 'authorised' }), USUAL_RULE).join(' ')).toContain('are taken back')
  expect(sayEffect(USUAL_RULE, rule({ credit: 'never' })).join(' ')).toContain('Credit notes take nothing away')
})

test('a flow is known to go by the policy from its expressions', () => {
  const flow = (condition: string) => ({ nodes: [{ settings: { cases: [{ condition }] } }] })
  expect(asksPolicy(flow('$confirmed($)'))).toBe(true)
  expect(asksPolicy(flow('$confirmedOn($)'))).toBe(true)
  expect(asksPolicy(flow('$policy.credit'))).toBe(true)
  expect(asksPolicy(flow("Status = 'confirmed'"))).toBe(false)
})
