import { type Static, Type } from 'typebox'

/**
 * When an order counts, for all flows of a workspace alike. Expressions ask by `$confirmed` and `$confirmedOn`
 * (server/evaluate/confirmed.ts), and see the rule for credit as `$policy.credit`.
 */
export const ConfirmedRule = Type.Object(
  {
    basis: Type.Union(
      [
        Type.Literal('paid', { title: 'Once it is paid in full' }),
        Type.Literal('authorised', { title: 'As soon as it is approved' }),
        Type.Literal('due', { title: 'Some days after it was due, paid or not' }),
      ],
      { title: 'An invoice counts', default: 'paid' },
    ),
    daysAfterDue: Type.Integer({
      title: 'Days after the due date',
      description: 'Only where an invoice counts some days after it was due.',
      minimum: 0,
      maximum: 365,
      default: 0,
    }),
    tolerance: Type.Number({
      title: 'What may be left open',
      description:
        'An invoice with no more than this left to pay counts as paid, in the currency of the invoice. 0: not a cent.',
      minimum: 0,
      maximum: 1000,
      default: 0,
    }),
    credit: Type.Union(
      [
        Type.Literal('settled', { title: 'Once it is applied to an invoice that counts, or paid back' }),
        Type.Literal('issued', { title: 'As soon as it is approved' }),
        Type.Literal('never', { title: 'Never' }),
      ],
      { title: 'A credit note takes away', default: 'settled' },
    ),
  },
  { additionalProperties: false },
)
export type ConfirmedRule = Static<typeof ConfirmedRule>

/** What holds until a workspace decides otherwise. */
export const USUAL_RULE: ConfirmedRule = { basis: 'paid', daysAfterDue: 0, tolerance: 0, credit: 'settled' }

/** The rule in a plain sentence or two, for people who know neither Xero nor flows. */
export function sayRule(rule: ConfirmedRule): string {
  return `${sayBasis(rule)} Drafts, voided and deleted invoices never count. ${CREDIT[rule.credit]}`
}

function sayBasis({ basis, daysAfterDue, tolerance }: ConfirmedRule): string {
  if (basis === 'authorised') return 'An order counts as soon as its invoice is approved, whether it is paid or not.'
  const open = tolerance > 0 ? ` (up to ${tolerance.toFixed(2)} may be left open)` : ''
  if (basis === 'paid') return `An order counts once its invoice is paid in full${open}.`
  const days =
    daysAfterDue === 0
      ? 'on the day it is due'
      : `${daysAfterDue} ${daysAfterDue === 1 ? 'day' : 'days'} after it was due`
  return `An order counts once its invoice is paid in full${open}, and in any case ${days}.`
}

const CREDIT: { readonly [credit in ConfirmedRule['credit']]: string } = {
  settled: 'A credit note takes away from it once it is applied to an invoice that counts, or paid back.',
  issued: 'A credit note takes away from it as soon as it is approved.',
  never: 'Credit notes take nothing away.',
}

/** What follows from changing the rule, said before it is changed. Empty where nothing changes. */
export function sayEffect(before: ConfirmedRule, after: ConfirmedRule): readonly string[] {
  const effects: string[] = []
  if (
    before.basis !== after.basis ||
    before.daysAfterDue !== after.daysAfterDue ||
    before.tolerance !== after.tolerance
  ) {
    effects.push(`Until now: ${sayBasis(before)} From the next run on: ${sayBasis(after)}`)
    if (strictness(after) < strictness(before)) effects.push('More orders will count, and count earlier.')
    if (strictness(after) > strictness(before)) {
      effects.push(
        'Orders that counted and do not count any more are taken back as soon as their invoice is read again.',
      )
    }
  }
  if (before.credit !== after.credit) effects.push(`From the next run on: ${CREDIT[after.credit]}`)
  if (effects.length > 0) {
    effects.push(
      'What was sent stays until its invoice changes or is read again. To apply the rule to the past, run a back-fill of the flows that send purchases: only differences are sent.',
    )
  }
  return effects
}

/** Larger: fewer orders count. */
function strictness({ basis, daysAfterDue, tolerance }: ConfirmedRule): number {
  const base = basis === 'authorised' ? 0 : basis === 'due' ? 1 + daysAfterDue / 1000 : 2
  return base - Math.min(tolerance, 1000) / 1e6
}

/** Whether any expression of a flow asks by the policy. */
export function asksPolicy(flow: { readonly nodes: readonly { readonly settings: object }[] }): boolean {
  return flow.nodes.some(({ settings }) => /\$(?:confirmed(?:On)?|policy)\b/.test(JSON.stringify(settings)))
}
