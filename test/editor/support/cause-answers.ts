import {
  type Cause,
  type CauseClient,
  Causes,
  FaultOwnerAnswer,
  FaultOwnerRequest,
} from '../../../server/contract/causes.ts'
import { FAULT } from './now-answers.ts'
import { ago, id } from './numbered.ts'
import type { Route } from './route.ts'
import { type Scene, WORKSPACE } from './scene.ts'

const HOUR = 3_600_000
type Share = Pick<Cause, 'firstAt' | 'lastAt' | 'money' | 'owners' | 'unowned' | 'count'>

const NAMES = [
  'Nordwind GmbH',
  'Alpine Supply',
  'Brightside Jewellery with a long name that has to go somewhere',
  'Zum Anker',
  'Client 5',
]

const clients = (many: number, share: Share): CauseClient[] =>
  NAMES.slice(0, many).map((name, at) => ({
    ...share,
    ...{ workspace: at === 0 ? WORKSPACE : id(1, at + 1), name, count: Math.max(1, Math.round(share.count / many)) },
    ...{ flows: [{ id: id(2, at + 1), name: 'Paid invoices' }], flowCount: at + 1, mayTake: at !== 3, run: null },
  }))

function cause(
  told: Omit<Cause, keyof Share | 'clients' | 'clientCount' | 'nextAction'>,
  share: Share,
  many: number,
): Cause {
  const nextAction =
    told.kind === 'failed' ? 'Wait until the other system answers again, then run the flow again.' : null
  return { ...told, ...share, nextAction, clients: clients(many, share), clientCount: many }
}

function causesOf(scene: Scene): Causes {
  const jana = { id: id(6, 2), name: 'Jana Weiss', count: 12 }
  const times = { firstAt: ago(7 * HOUR), lastAt: ago(HOUR / 10) }
  const items =
    scene.quiet || scene.flows.length === 0
      ? []
      : [
          cause(
            {
              ...{ kind: 'failed', tone: 'red', system: 'xero', code: 'REMOTE_DOWN', fault: FAULT, desk: 'technical' },
              step: { id: 'invoices', name: 'Invoices', operation: 'xero.list-invoices' },
              message: 'Xero answered with status 503. It was tried several times.',
            },
            { count: 34, ...times, money: [], owners: [], unowned: 34 },
            5,
          ),
          cause(
            {
              ...{ kind: 'exceptions', tone: 'amber', system: 'emarsys', code: 'RECORD_REFUSED', desk: 'marketing' },
              ...{ fault: 'c0ffee0000000002', message: 'The customer 4711 is unknown.' },
              step: { id: 'sales', name: 'Send the rows', operation: 'emarsys.send-purchases' },
            },
            {
              count: 41,
              ...times,
              money: [{ currency: 'EUR', amount: '52140.40', count: 41 }],
              owners: [jana],
              unowned: 29,
            },
            2,
          ),
        ]
  return {
    items,
    more: false,
    workspaces: 60,
    shut: items.length > 0 ? [{ workspace: id(1, 61), name: 'Suedwind' }] : [],
  }
}

export const causeRoutes = (w: string): readonly Route[] => [
  { method: 'GET', path: '/causes', schema: Causes, answer: causesOf },
  {
    method: 'PUT',
    path: `${w}/causes/:fault/owner`,
    body: FaultOwnerRequest,
    schema: FaultOwnerAnswer,
    answer: () => ({ runs: 7 }),
  },
]
