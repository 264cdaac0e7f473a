import { Type } from 'typebox'
import type { Catalog, OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { Parse, Parsed } from '../../server/flow/check/expression.ts'
import type { Flow, FlowEdge, FlowNode } from '../../server/flow/document/flow.ts'
import { LookupSettings, NATIVE_OPERATIONS, REJECTED, WriteSettings } from '../../server/flow/catalog/native.ts'

const strict = { additionalProperties: false }

const remote = (
  info: Partial<Omit<OperationInfo, 'settings'>> & Pick<OperationInfo, 'id' | 'kind' | 'ports'> & { settings: object },
): OperationInfo => ({
  connector: info.id.split('.')[0] ?? '',
  title: info.id,
  summary: '',
  synonyms: [],
  inputs: ['in'],
  permissions: [],
  moneyFields: [],
  rules: [],
  ...info,
  // A schema is an object of keywords; TypeBox's types have no index signature to say so.
  settings: info.settings as OperationInfo['settings'],
})

/** Operations as connectors declare them: two reads of the ledger, a look-up and two writes to the mailer. */
const OPERATIONS: readonly OperationInfo[] = [
  remote({
    id: 'ledger.list-bills',
    kind: 'read',
    ports: ['out', 'done', REJECTED],
    settings: Type.Object(
      {
        statuses: Type.Array(Type.String(), { title: 'Only these statuses', uniqueItems: true, default: [] }),
        pageSize: Type.Optional(Type.Integer({ title: 'Page size', minimum: 1, maximum: 1000 })),
      },
      strict,
    ),
    moneyFields: ['LineAmount', 'Total'],
    rules: [
      {
        rule: 'only-values',
        setting: 'statuses',
        values: ['PAID'],
        severity: 'warning',
        message: 'paid bills only: a bill that is voided later is never seen; read all statuses.',
      },
    ],
  }),
  remote({
    id: 'ledger.list-people',
    kind: 'read',
    ports: ['out', 'done', REJECTED],
    settings: Type.Object({}, strict),
  }),
  remote({
    id: 'ledger.find-person',
    kind: 'lookup',
    ports: ['out', 'unmatched', REJECTED],
    settings: Type.Object({ ...LookupSettings }, strict),
  }),
  remote({
    id: 'mailer.save-people',
    kind: 'write',
    ports: ['out', REJECTED],
    effect: 'upsert',
    settings: Type.Object(
      {
        key: Type.String({ title: 'Key field', 'x-key': true }),
        consent: Type.Optional(Type.Boolean({ title: 'Came with a consent event' })),
        ...WriteSettings,
      },
      strict,
    ),
    rules: [
      {
        rule: 'guarded-key',
        setting: 'record',
        key: '31',
        unless: 'consent',
        severity: 'error',
        message: 'field 31 (opt-in) is set without a consent event; leave it out, or read consent events.',
      },
    ],
  }),
]

export const CATALOG: Catalog = new Map([...NATIVE_OPERATIONS, ...OPERATIONS].map((info) => [info.id, info]))

export const node = (id: string, operation: string, settings: Record<string, unknown> = {}): FlowNode => ({
  id,
  operation,
  name: `The ${id}`,
  settings,
  ...(operation.startsWith('ledger.') ? { slot: 'books' } : {}),
  ...(operation.startsWith('mailer.') ? { slot: 'mail' } : {}),
})

/** `'bills.done people'`, `'people join:with'`: from, port (else `out`), to, input (else `in`). */
export const edge = (text: string): FlowEdge => {
  const [source = '', target = ''] = text.split(' ')
  const [from = '', port = 'out'] = source.split('.')
  const [to = '', input = 'in'] = target.split(':')
  return { id: `${from}-${port}-${to}-${input}`, from, port, to, input }
}

export const flowOf = (nodes: FlowNode[], edges: string[], more: Partial<Flow> = {}): Flow => ({
  format: 1,
  name: 'A flow',
  description: '',
  capture: 'full',
  slots: { books: { connector: 'ledger', title: 'Books' }, mail: { connector: 'mailer', title: 'Mail' } },
  nodes,
  edges: edges.map(edge),
  ...more,
})

/** Bills are read by hand, made into people, and saved: nothing is wrong with it. */
export const goodFlow = (): Flow =>
  flowOf(
    [
      node('start', 'manual'),
      node('bills', 'ledger.list-bills'),
      node('rows', 'map', { expression: '{ "3": Email }' }),
      node('save', 'mailer.save-people', { key: '3' }),
    ],
    ['start bills', 'bills rows', 'rows save'],
  )

/**
 * A parser of just enough for the tests: `)` alone does not parse; keys in quotes before a colon are object keys; `$sum(`
 * and `*` are risks on the path beside them. The product's parser is tested where it lives.
 */
export const parse: Parse = async (texts) => texts.map(parseOne)

function parseOne(text: string): Parsed {
  const wrong = text.match(/^[^(]*\)/)
  if (wrong) {
    return {
      ok: false,
      position: wrong[0].length - 1,
      message: 'Unexpected “)”.',
      hint: 'Remove it or open a “(” before.',
    }
  }
  return {
    ok: true,
    facts: {
      objectKeys: [...text.matchAll(/"([^"]+)"\s*:/g)].map((match) => ({ key: match[1] ?? '', position: match.index })),
      functions: [...text.matchAll(/\$(\w+)(?=\()/g)].map((match) => match[1] ?? ''),
      moneyRisks: [...text.matchAll(/(\$sum)\(([\w.]+)|(\*) *([\w.]+)/g)].map((match) => ({
        position: match.index,
        name: match[1] ?? '*',
        path: match[2] ?? match[4] ?? '',
      })),
    },
  }
}
