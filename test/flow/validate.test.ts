import { describe, expect, test } from 'vitest'
import type { Flow, FlowNode } from '../../server/flow/flow.ts'
import { PROBLEM_CODES, type Problem, type ProblemCode } from '../../server/flow/problem.ts'
import { type Checks, validate } from '../../server/flow/validate.ts'
import { CATALOG, edge, flowOf, goodFlow, node, parse } from './fixtures.ts'

const problemsOf = (flow: Flow, checks: Partial<Checks> = {}) => validate(flow, { catalog: CATALOG, parse, ...checks })

/** The good flow with nodes put in the place of those with their ids, or added, and edges added. */
const withNodes = (nodes: FlowNode[], edges: string[] = [], without: string[] = []): Flow => {
  const good = goodFlow()
  const kept = good.nodes.filter(({ id }) => !nodes.some((other) => other.id === id))
  const ids = good.edges.filter(({ id }) => !without.includes(id))
  return { ...good, nodes: [...kept, ...nodes], edges: [...ids, ...edges.map(edge)] }
}

const schedule = (settings: Record<string, unknown>) => withNodes([node('start', 'schedule', settings)])
const save = (settings: Record<string, unknown>) => withNodes([node('save', 'mailer.save-people', settings)])
const join = node('join', 'join', { key: 'a', withKey: 'b' })

type Case = {
  says: string
  flow: Flow
  checks?: Partial<Checks>
  /** All problems there are, and no others. */
  finds: (Partial<Problem> & { code: ProblemCode })[]
  words: RegExp
}

const CASES: Case[] = [
  {
    says: 'nodes beyond 500 are refused with the number',
    flow: flowOf(
      Array.from({ length: 501 }, (_, index) => node(`n${index}`, 'map')),
      [],
    ),
    finds: [{ code: 'TOO_MANY_NODES' }],
    words: /501 nodes and may have 500; split/,
  },
  {
    says: 'two nodes with one id',
    flow: { ...goodFlow(), nodes: [...goodFlow().nodes, node('start', 'manual')] },
    finds: [{ code: 'ID_DUPLICATE', node: 'start' }],
    words: /2 nodes have the id “start”/,
  },
  {
    says: 'two edges with one id',
    flow: { ...goodFlow(), edges: [...goodFlow().edges, { ...edge('rows.rejected save'), id: 'rows-out-save-in' }] },
    finds: [{ code: 'ID_DUPLICATE', edge: 'rows-out-save-in' }],
    words: /2 edges have the id/,
  },
  {
    says: '“changed only” before what needs all records of a run',
    flow: withNodes(
      [
        node('fresh', 'changed-only', { key: ['id'] }),
        node('sum', 'summarise', { values: [{ name: 'n', fn: 'count' }] }),
      ],
      ['rows.rejected fresh', 'fresh sum'],
    ),
    finds: [{ code: 'CHANGED_BEFORE_GATHER', node: 'fresh' }],
    words: /“The fresh” lets only what changed through to “The sum”, which needs all records of a run; put it after/,
  },
  {
    says: '“changed only” that is to compare listed fields, and lists none',
    flow: withNodes([node('fresh', 'changed-only', { key: ['id'], compare: 'all-but' })], ['rows.rejected fresh']),
    finds: [{ code: 'SETTING_MISSING', node: 'fresh', field: 'fields' }],
    words: /“Listed fields” is empty; list the fields that do not count, or compare all/,
  },
  {
    says: 'a wait before what needs all records of a run',
    flow: withNodes(
      [
        node('later', 'wait', { amount: 2, unit: 'hours' }),
        node('sum', 'summarise', { values: [{ name: 'n', fn: 'count' }] }),
      ],
      ['rows.rejected later', 'later sum'],
    ),
    finds: [{ code: 'WAIT_BEFORE_GATHER', node: 'later' }],
    words: /“The later” lets records go on in a later run, and “The sum” needs all records of one run; wait after/,
  },
  {
    says: 'a wait for so long, without how long',
    flow: withNodes([node('later', 'wait', { unit: 'hours' })], ['rows.rejected later']),
    finds: [{ code: 'SETTING_MISSING', node: 'later', field: 'amount' }],
    words: /“How long” is missing; fill in a whole number/,
  },
  {
    says: 'a wait until a time of day of no zone',
    flow: withNodes([node('later', 'wait', { until: 'clock', time: '09:00' })], ['rows.rejected later']),
    finds: [{ code: 'SETTING_MISSING', node: 'later', field: 'zone' }],
    words: /“Time zone \(IANA\)” is missing; fill in one such as “Europe\/London”/,
  },
  {
    says: 'a wait until a time of day of a zone that is none',
    flow: withNodes(
      [node('later', 'wait', { until: 'clock', time: '09:00', zone: 'Europe/Londn' })],
      ['rows.rejected later'],
    ),
    finds: [{ code: 'SETTING_INVALID', node: 'later', field: 'zone' }],
    words: /there is no time zone “Europe\/Londn”/,
  },
  {
    says: 'a wait until a time of day at a fixed offset',
    flow: withNodes(
      [node('later', 'wait', { until: 'clock', time: '09:00', zone: '-03:00' })],
      ['rows.rejected later'],
    ),
    finds: [{ code: 'SETTING_INVALID', node: 'later', field: 'zone' }],
    words: /“-03:00” is a fixed offset/,
  },
  {
    says: 'a wait until a time in the record that does not say where',
    flow: withNodes([node('later', 'wait', { until: 'field' })], ['rows.rejected later']),
    finds: [{ code: 'SETTING_MISSING', node: 'later', field: 'path' }],
    words: /“Field with the time” is missing; say where/,
  },
  {
    says: 'an operation that is not in the catalog, with the one that was meant',
    flow: withNodes([node('rows', 'mapp')]),
    finds: [{ code: 'OPERATION_UNKNOWN', node: 'rows' }],
    words: /no operation “mapp”; did you mean “map”\?/,
  },
  {
    says: 'a setting that is missing',
    flow: withNodes([node('rows', 'map')]),
    finds: [{ code: 'SETTING_MISSING', node: 'rows', field: 'expression' }],
    words: /“The rows”: the setting “Expression” is missing; give an expression/,
  },
  {
    says: 'a setting of a list that is missing',
    flow: withNodes([node('rows', 'route', { cases: [{ name: 'a' }] })], ['rows.a save'], ['rows-out-save-in']),
    finds: [{ code: 'SETTING_MISSING', node: 'rows', field: 'cases.0.condition' }],
    words: /“Cases” › no\. 1 › “Condition” is missing/,
  },
  {
    says: 'a setting that the operation does not know',
    flow: withNodes([node('rows', 'map', { expression: '$', expresion: '$' })]),
    finds: [{ code: 'SETTING_UNKNOWN', node: 'rows', field: 'expresion' }],
    words: /did you mean “expression”\? If not, remove it/,
  },
  {
    says: 'a setting of the wrong type',
    flow: withNodes([node('rows', 'map', { expression: 5 })]),
    finds: [{ code: 'SETTING_INVALID', node: 'rows', field: 'expression' }],
    words: /must be an expression, not the number 5/,
  },
  {
    says: 'a setting that is none of the choices',
    flow: schedule({ mode: 'intervall', everyMinutes: 5 }),
    finds: [{ code: 'SETTING_INVALID', field: 'mode' }],
    words: /must be “interval” or “wall-clock”, not the text “intervall” \(did you mean “interval”\?\)/,
  },
  {
    says: 'a number out of bounds',
    flow: withNodes([node('bills', 'ledger.list-bills', { pageSize: 2000 })]),
    finds: [{ code: 'SETTING_INVALID', field: 'pageSize' }],
    words: /a whole number from 1 to 1000, not the number 2000/,
  },
  {
    says: 'a text that does not have its form',
    flow: withNodes([node('rows', 'summarise', { values: [{ name: '9', fn: 'count' }] })]),
    finds: [{ code: 'SETTING_INVALID', node: 'rows', field: 'values.0.name' }],
    words: /does not have the form/,
  },
  {
    says: 'a field path with an empty step',
    flow: withNodes([node('rows', 'split', { path: 'Lines..Item' })]),
    finds: [{ code: 'SETTING_INVALID', field: 'path' }],
    words: /must be a field path such as “Contact.ContactID”/,
  },
  {
    says: 'a field path through what is no field',
    flow: withNodes([node('rows', 'split', { path: 'Lines.__proto__' })]),
    finds: [{ code: 'SETTING_INVALID', field: 'path' }],
    words: /may not lead through “__proto__”/,
  },
  {
    says: 'an unknown operation before a read, and nothing of what it may send',
    flow: withNodes([node('start', 'manul')]),
    finds: [{ code: 'OPERATION_UNKNOWN', node: 'start' }],
    words: /did you mean “manual”/,
  },
  {
    says: 'an expression that is blank',
    flow: withNodes([node('rows', 'map', { expression: '  ' })]),
    finds: [{ code: 'SETTING_INVALID', field: 'expression' }],
    words: /is empty; give an expression/,
  },
  {
    says: 'a text with a form that is empty',
    flow: withNodes([node('rows', 'summarise', { values: [{ name: '', fn: 'count' }] })]),
    finds: [{ code: 'SETTING_INVALID', field: 'values.0.name' }],
    words: /“Values” › no\. 1 › “Name” is empty; give a text of the form/,
  },
  {
    says: 'a keyword of the schema that has no words of its own',
    flow: withNodes([node('bills', 'ledger.list-bills', { statuses: ['A', 'A'] })]),
    finds: [{ code: 'SETTING_INVALID', field: 'statuses' }],
    words: /the setting “statuses” must not have duplicate items/,
  },
  {
    says: 'a list with too few elements',
    flow: withNodes([node('rows', 'summarise', { values: [] })]),
    finds: [{ code: 'SETTING_INVALID', field: 'values' }],
    words: /needs at least one element/,
  },
  {
    says: 'a function of a summary without its field',
    flow: withNodes([
      node('rows', 'summarise', {
        values: [
          { name: 'n', fn: 'count' },
          { name: 's', fn: 'sum' },
        ],
      }),
    ]),
    finds: [{ code: 'SETTING_MISSING', field: 'values.1.path' }],
    words: /which field “sum” is taken of/,
  },
  {
    says: 'two fields of a summary with one name',
    flow: withNodes([
      node('rows', 'summarise', { by: [{ name: 'n', path: 'a' }], values: [{ name: 'n', fn: 'count' }] }),
    ]),
    finds: [{ code: 'NAME_DUPLICATE', field: 'values.0.name' }],
    words: /two fields of the summary are called “n”/,
  },
  {
    says: 'an interval without minutes',
    flow: schedule({ mode: 'interval' }),
    finds: [{ code: 'SCHEDULE_INVALID', field: 'everyMinutes' }],
    words: /an interval needs its minutes/,
  },
  {
    says: 'wall-clock times without times or zone',
    flow: schedule({ mode: 'wall-clock' }),
    finds: [
      { code: 'SCHEDULE_INVALID', field: 'cron' },
      { code: 'SCHEDULE_INVALID', field: 'zone' },
    ],
    words: /wall-clock times are missing/,
  },
  {
    says: 'a zone that does not exist',
    flow: schedule({ mode: 'wall-clock', cron: '0 6 * * *', zone: 'Europe/Lodnon' }),
    finds: [{ code: 'SCHEDULE_INVALID', field: 'zone' }],
    words: /no time zone “Europe\/Lodnon”/,
  },
  {
    says: 'a fixed offset for a zone',
    flow: schedule({ mode: 'wall-clock', cron: '0 6 * * *', zone: '+05:30' }),
    finds: [{ code: 'SCHEDULE_INVALID', field: 'zone' }],
    words: /“\+05:30” is a fixed offset, which knows no summer time; use the name of a zone such as “Asia\/Kolkata”/,
  },
  {
    says: 'times that the cron parser refuses',
    flow: schedule({ mode: 'wall-clock', cron: '61 6 * * *', zone: 'Europe/London' }),
    checks: { cron: (text, zone) => ({ never: false, says: `minute of ${text} in ${zone} is above 59.` }) },
    finds: [{ code: 'SCHEDULE_INVALID', field: 'cron' }],
    words: /“61 6 \* \* \*” cannot be read: minute of 61 6 \* \* \* in Europe\/London is above 59/,
  },
  {
    says: 'times that no day has',
    flow: schedule({ mode: 'wall-clock', cron: '0 6 31 2 *', zone: 'Europe/London' }),
    checks: { cron: () => ({ never: true, says: 'no day has them; check day and month.' }) },
    finds: [{ code: 'SCHEDULE_NEVER', field: 'cron' }],
    words: /“0 6 31 2 \*” never come: no day has them/,
  },
  {
    says: 'a circle, with the names of its nodes',
    flow: withNodes([], ['rows.rejected rows', 'save rows']),
    finds: [{ code: 'CYCLE', node: 'rows' }],
    words: /“The rows” → “The rows”/,
  },
  {
    says: 'a longer circle',
    flow: withNodes([], ['save rows']),
    finds: [{ code: 'CYCLE', node: 'rows' }],
    words: /“The rows” → “The save” → “The rows”/,
  },
  {
    says: 'a branch that no trigger reaches, once',
    flow: withNodes(
      [node('lost', 'filter', { condition: 'x' }), node('lost2', 'map', { expression: '$' })],
      ['lost lost2'],
    ),
    finds: [{ code: 'NODE_UNREACHABLE', node: 'lost' }],
    words: /trigger to “The lost”, nor to the node after it/,
  },
  {
    says: 'a flow without a trigger',
    flow: { ...goodFlow(), nodes: goodFlow().nodes.slice(1), edges: goodFlow().edges.slice(1) },
    finds: [{ code: 'NO_TRIGGER' }],
    words: /Nothing starts this flow/,
  },
  {
    says: 'a flow that does nothing',
    flow: flowOf([node('start', 'manual')], [], { slots: {} }),
    finds: [{ code: 'FLOW_IDLE', severity: 'warning' }],
    words: /reads nothing and writes nothing/,
  },
  {
    says: 'an edge into a trigger',
    flow: withNodes([node('again', 'manual')], ['bills.done again']),
    finds: [{ code: 'TRIGGER_HAS_INPUT', node: 'again', edge: 'bills-done-again-in' }],
    words: /is a trigger and takes nothing in/,
  },
  {
    says: 'a trigger that is disabled',
    flow: withNodes([{ ...node('again', 'manual'), disabled: 'stop' }], ['again bills']),
    finds: [{ code: 'TRIGGER_DISABLED', node: 'again' }],
    words: /remove it, or switch the flow off/,
  },
  {
    says: 'a port that the node does not have',
    flow: withNodes([], ['rows.othr save']),
    finds: [{ code: 'PORT_UNKNOWN', node: 'rows', edge: 'rows-othr-save-in' }],
    words: /has no port “othr”/,
  },
  {
    says: 'a case of a route that is called like one of its own ports',
    flow: withNodes(
      [node('rows', 'route', { cases: [{ name: 'other', condition: 'x' }] })],
      ['rows.other save'],
      ['rows-out-save-in'],
    ),
    finds: [{ code: 'PORT_DUPLICATE', field: 'cases' }],
    words: /“other” is a port that the node has anyway/,
  },
  {
    says: 'two cases of a route with one name',
    flow: withNodes(
      [node('rows', 'route', { cases: ['x', 'y'].map((condition) => ({ name: 'a', condition })) })],
      ['rows.a save'],
      ['rows-out-save-in'],
    ),
    finds: [{ code: 'PORT_DUPLICATE', field: 'cases' }],
    words: /two ports are called “a”/,
  },
  {
    says: 'an input that the node does not have',
    flow: withNodes([], ['rows.rejected save:with']),
    finds: [{ code: 'INPUT_UNKNOWN', node: 'save' }],
    words: /no input “with”; lead the edge to “in”/,
  },
  {
    says: 'an edge to a node that is gone',
    flow: withNodes([], ['rows gone']),
    finds: [{ code: 'EDGE_NODE_MISSING', edge: 'rows-out-gone-in' }],
    words: /there is no node “gone”; remove the edge/,
  },
  {
    says: 'two edges that join the same',
    flow: { ...goodFlow(), edges: [...goodFlow().edges, { ...edge('rows save'), id: 'z' }] },
    finds: [{ code: 'EDGE_DUPLICATE', edge: 'z' }],
    words: /“rows-out-save-in” and “z” join the same port to the same input/,
  },
  {
    says: 'a trigger that leads to something other than a read',
    flow: withNodes([], ['start rows']),
    finds: [{ code: 'START_FEEDS_RECORDS', node: 'rows' }],
    words: /The trigger “The start” gives a start and no records/,
  },
  {
    says: 'a port “done” that leads to something other than a read',
    flow: withNodes([], ['bills.done rows']),
    finds: [{ code: 'START_FEEDS_RECORDS', node: 'rows' }],
    words: /The port “done” of “The bills”/,
  },
  {
    says: 'records that lead into a read',
    flow: withNodes([node('people', 'ledger.list-people')], ['rows people']),
    finds: [{ code: 'RECORDS_FEED_READ', node: 'people' }],
    words: /is a read and takes no records from “The rows”/,
  },
  {
    says: 'a join without its second input',
    flow: withNodes([join], ['rows join']),
    finds: [{ code: 'JOIN_INPUT_MISSING', node: 'join' }],
    words: /Nothing leads to the input “with”/,
  },
  {
    says: 'a join without its first input',
    flow: withNodes([join], ['rows join:with']),
    finds: [{ code: 'JOIN_INPUT_MISSING', node: 'join' }],
    words: /Nothing leads to the input “in”/,
  },
  {
    says: 'a join of a read with itself',
    flow: withNodes([join], ['rows join', 'bills join:with']),
    finds: [{ code: 'READ_ORDER', node: 'join' }],
    words: /needs all of “The bills” before its own first record; feed its “with” from a read of its own/,
  },
  {
    says: 'a join that needs first what is read later',
    flow: withNodes(
      [join, node('people', 'ledger.list-people')],
      ['rows join', 'bills.done people', 'people join:with'],
    ),
    finds: [{ code: 'READ_ORDER', node: 'join' }],
    words: /all of “The people” before “The bills”, but “The people” runs after “The bills”/,
  },
  {
    says: 'a write without a key',
    flow: save({}),
    finds: [{ code: 'WRITE_WITHOUT_KEY', node: 'save', field: 'key' }],
    words: /“Key field” is missing; say by which key/,
  },
  {
    says: 'a write whose key is blank',
    flow: save({ key: ' ' }),
    finds: [{ code: 'WRITE_WITHOUT_KEY', node: 'save', field: 'key' }],
    words: /“Key field” is missing/,
  },
  {
    says: 'a remote node without a slot',
    flow: withNodes(
      [{ ...node('extra', 'ledger.list-people'), slot: undefined }].map(({ slot: _, ...rest }) => rest),
      ['start extra'],
    ),
    finds: [{ code: 'SLOT_MISSING', node: 'extra' }],
    words: /which ledger slot it uses; choose “books”/,
  },
  {
    says: 'a slot that the flow does not have',
    flow: withNodes([{ ...node('extra', 'ledger.list-people'), slot: 'toString' }], ['start extra']),
    finds: [{ code: 'SLOT_UNKNOWN', node: 'extra' }],
    words: /no slot “toString”/,
  },
  {
    says: 'a slot of another connector',
    flow: withNodes([{ ...node('extra', 'ledger.list-people'), slot: 'mail' }], ['start extra']),
    finds: [{ code: 'SLOT_OTHER_CONNECTOR', node: 'extra' }],
    words: /“mail” is for mailer, and “ledger.list-people” needs ledger/,
  },
  {
    says: 'a slot on a node that needs none',
    flow: withNodes([{ ...node('rows', 'map', { expression: '$' }), slot: 'mail' }]),
    finds: [{ code: 'SLOT_NOT_NEEDED', severity: 'warning', node: 'rows' }],
    words: /take the slot “mail” away/,
  },
  {
    says: 'a slot that no node uses',
    flow: { ...goodFlow(), slots: { ...goodFlow().slots, spare: { connector: 'mailer', title: 'Spare' } } },
    finds: [{ code: 'SLOT_UNUSED', severity: 'warning', field: 'slots.spare' }],
    words: /No node uses the slot “spare”/,
  },
  {
    says: 'a slot without a connection, when bindings are given',
    flow: goodFlow(),
    checks: { bindings: { books: 'connection-1' } },
    finds: [{ code: 'SLOT_UNBOUND', node: 'save' }],
    words: /“mail” has no connection; bind a mailer connection/,
  },
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

test('a good flow has no problems', async () => {
  expect(await problemsOf(goodFlow(), { bindings: { books: 'c1', mail: 'c2' } })).toEqual([])
})

describe('validate finds', () => {
  test.each(CASES)('$says', async ({ flow, checks, finds, words }) => {
    const problems = await problemsOf(flow, checks)
    expect(problems).toMatchObject(finds.map((problem) => ({ severity: 'error', ...problem })))
    expect(problems).toHaveLength(finds.length)
    expect(problems.map(({ message }) => message).join('\n')).toMatch(words)
  })
})

/** Codes of documents that cannot be read; read.test.ts has their cases. */
const OF_READING = [
  'FLOW_TOO_LARGE',
  'TOO_DEEP',
  'JSON_MALFORMED',
  'KEY_FORBIDDEN',
  'FORMAT_UNKNOWN',
  'FORMAT_TOO_NEW',
  'FIELD_MISSING',
  'FIELD_UNKNOWN',
  'FIELD_INVALID',
]

/** Their cases stand in sub-flow.test.ts. */
const OF_CALLS = ['SUBFLOW_UNKNOWN', 'SUBFLOW_CYCLE', 'SUBFLOW_STARTS', 'SUBFLOW_UNFIT', 'SUBFLOW_OUTDATED']

test('every code of the table has a case', () => {
  const tried = new Set(CASES.flatMap(({ finds }) => finds.map(({ code }) => code)))
  expect([...tried, ...OF_READING, ...OF_CALLS].sort()).toEqual(Object.keys(PROBLEM_CODES).sort())
})

describe('validate lets pass', () => {
  test.each([
    [
      'a map with a field 31 that the write does not pass on',
      {
        ...save({ key: '3', record: '{ "3": Email }' }),
        nodes: [
          ...save({ key: '3', record: '{ "3": Email }' }).nodes.filter(({ id }) => id !== 'rows'),
          node('rows', 'map', { expression: '{ "31": 1 }' }),
        ],
      },
    ],
    ['the opt-in field with a consent event', save({ key: '3', consent: true, record: '{ "31": 1 }' })],
    [
      'a paid filter that lets more through',
      withNodes([node('bills', 'ledger.list-bills', { statuses: ['PAID', 'VOIDED'] })]),
    ],
    ['a sum of what is not money', withNodes([node('rows', 'map', { expression: '$sum(Lines.Weight)' })])],
    [
      'a sum of money by the decimal function',
      withNodes([node('rows', 'map', { expression: '$moneySum(Lines.LineAmount)' })]),
    ],
    ['several triggers', withNodes([node('also', 'schedule', { mode: 'interval', everyMinutes: 5 })], ['also bills'])],
    [
      'a read that starts after another',
      withNodes([node('people', 'ledger.list-people')], ['bills.done people', 'people save']),
    ],
    [
      'a join of two reads',
      withNodes([join, node('people', 'ledger.list-people')], ['rows join', 'start people', 'people join:with']),
    ],
  ])('%s', async (_, flow) => {
    expect(await problemsOf(flow)).toEqual([])
  })
})

test('money on both sides of an operator is one problem', async () => {
  const flow = withNodes([node('rows', 'map', { expression: 'Total * LineAmount' })])
  const risks = ['Total', 'LineAmount'].map((path) => ({ position: 6, name: '*', path }))
  const facts = { objectKeys: [], functions: [], moneyRisks: risks }
  const problems = await validate(flow, {
    catalog: CATALOG,
    parse: async (texts) =>
      texts.map((text) => ({ ok: true, facts: text.includes('*') ? facts : { ...facts, moneyRisks: [] } })),
  })
  expect(problems).toMatchObject([{ code: 'MONEY_FLOAT', position: 6, message: expect.stringContaining('* on Total') }])
})

test('the parser is asked once, for each text once', async () => {
  const asked: (readonly string[])[] = []
  const flow = withNodes(
    [node('b', 'map', { expression: 'same' }), node('c', 'filter', { condition: 'same' })],
    ['rows b', 'b c'],
  )
  await validate(flow, {
    catalog: CATALOG,
    parse: (texts) => {
      asked.push(texts)
      return parse(texts)
    },
  })
  expect(asked).toEqual([['same', '{ "3": Email }', '$']])
})

test('a parser that leaves out an answer is not believed', async () => {
  await expect(validate(goodFlow(), { catalog: CATALOG, parse: async () => [] })).rejects.toThrow('0 of 2 expressions')
})

test('the problems stand in one order whatever the order of nodes and edges', async () => {
  const nodes = CASES.flatMap(({ flow }, index) =>
    flow.nodes.slice(0, 8).map((one) => ({ ...one, id: `${one.id}${index}` })),
  )
  const edges = CASES.flatMap(({ flow }, index) =>
    flow.edges.map((one) => ({
      ...one,
      id: `${one.id}${index}`,
      from: `${one.from}${index}`,
      to: `${one.to}${index}`,
    })),
  )
  const flow = { ...goodFlow(), nodes, edges }
  const straight = await problemsOf(flow)
  expect(straight.length).toBeGreaterThan(40)
  expect(await problemsOf({ ...flow, nodes: nodes.toReversed(), edges: edges.toReversed() })).toEqual(straight)
  expect(straight.map(({ severity }) => severity)).toEqual(straight.map(({ severity }) => severity).sort())
})
