import { CATALOG, goodFlow, node } from './fixtures.ts'
import { type Flawed, save, withNodes } from './flawed-flow.ts'

// Expressions, rules of the catalog, questions and answers.

export const FLAWED_EXPRESSIONS: readonly Flawed[] = [
  {
    says: 'an expression that does not parse, with its place and a hint',
    flow: withNodes([node('rows', 'map', { expression: '{\n "a": 1)}' })]),
    finds: [{ code: 'EXPRESSION_INVALID', node: 'rows', field: 'expression', position: 9 }],
    words: /Line 2, column 8: Unexpected “\)”\. Remove it/,
  },
  {
    says: 'an expression of a list that does not parse',
    flow: withNodes(
      [
        node('rows', 'route', {
          cases: [
            { name: 'a', condition: 'x' },
            { name: 'b', condition: ')' },
          ],
        }),
      ],
      ['rows.a save'],
      ['rows-out-save-in'],
    ),
    finds: [{ code: 'EXPRESSION_INVALID', node: 'rows', field: 'cases.1.condition', position: 0 }],
    words: /does not parse/,
  },
  {
    says: 'a sum of money in floats, with the change that solves it',
    flow: withNodes([node('rows', 'map', { expression: '{ "total": $sum(Lines.LineAmount) }' })]),
    finds: [
      {
        code: 'MONEY_FLOAT',
        severity: 'warning',
        node: 'rows',
        field: 'expression',
        position: 11,
        fix: { from: '$sum', to: '$moneySum' },
      },
    ],
    words: /\$sum on LineAmount calculates with floats and may be a cent off; use \$moneySum/,
  },
  {
    says: 'a product of money in floats, which no replacement of one name solves',
    flow: withNodes([node('rows', 'map', { expression: '2 * Total' })]),
    finds: [{ code: 'MONEY_FLOAT', severity: 'warning', position: 2 }],
    words: /use \$moneyMul/,
  },
  {
    says: 'the opt-in field without a consent event',
    flow: save({ key: '3', record: '{ "31": 1 }' }),
    finds: [{ code: 'GUARDED_KEY', node: 'save', field: 'record', position: 2 }],
    words: /“The save”: field 31 \(opt-in\) is set without a consent event/,
  },
  {
    says: 'the opt-in field set by a map before the write, through other nodes',
    flow: withNodes(
      [node('rows', 'map', { expression: '{ "31": 1 }' }), node('some', 'filter', { condition: 'x' })],
      ['rows some', 'some save'],
      ['rows-out-save-in'],
    ),
    finds: [{ code: 'GUARDED_KEY', node: 'rows', field: 'expression', position: 2 }],
    words: /“The save” gets this from “The rows”: field 31/,
  },
  {
    says: 'a filter on the remote that hides what changes later',
    flow: withNodes([node('bills', 'ledger.list-bills', { statuses: ['PAID'] })]),
    finds: [{ code: 'ONLY_VALUES', severity: 'warning', node: 'bills', field: 'statuses' }],
    words: /paid bills only/,
  },
  {
    says: 'a rule of a newer catalog, which is not passed over',
    flow: goodFlow(),
    checks: {
      catalog: new Map(
        [...CATALOG].map(([id, info]) =>
          id === 'ledger.list-bills'
            ? [id, { ...info, rules: [{ rule: 'never-both', setting: 'statuses', severity: 'error', message: '' }] }]
            : [id, info],
        ),
      ),
    },
    finds: [{ code: 'RULE_UNKNOWN', severity: 'error', node: 'bills' }],
    words: /rule “never-both” that this program does not know/,
  },
  {
    says: 'a question with nothing to choose from',
    flow: { ...goodFlow(), form: [{ name: 'which', type: 'choice', title: 'Which one' }] },
    finds: [{ code: 'FORM_INVALID', field: 'form.0.choices' }],
    words: /“Which one” has nothing to choose from/,
  },
  {
    says: 'a setting that asks for an answer nobody is asked for',
    flow: withNodes([node('bills', 'ledger.list-bills', { statuses: { $setting: 'which' } })]),
    finds: [{ code: 'FORM_FIELD_UNKNOWN', node: 'bills', field: 'statuses' }],
    words: /form does not ask “which”; add the question/,
  },
  {
    says: 'answers that are missing, of the wrong kind or to no question',
    flow: {
      ...goodFlow(),
      form: [
        { name: 'needed', type: 'text', title: 'Needed' },
        { name: 'days', type: 'days', title: 'Days', default: 3 },
      ],
    },
    checks: { answers: { days: -1, other: 1 } },
    finds: [{ code: 'ANSWER_INVALID', field: 'days' }, { code: 'ANSWER_MISSING' }, { code: 'ANSWER_UNKNOWN' }],
    words: /“Days” must be a whole number from 0/,
  },
]
