import * as clients from '../../../server/contract/clients.ts'
import { Dependents, FlowPatch, FlowView } from '../../../server/contract/flows.ts'
import type { Route } from './route.ts'
import { ago, id, type Scene } from './scene.ts'

// One flow for three clients: one on the live version, one behind, one where pushing is refused.

const w = '/workspaces/:workspace/flows/:flow/clients'
const HOUR = 3_600_000

const place = (index: number) => ({ workspace: id(21, index), flow: id(22, index) })
const NAMES = ['Nordwind Retail', 'Suedwind Mode', 'Ostwind Outdoor']
const HISTORY: clients.ClientPush = {
  ...{ id: id(23, 1), kind: 'push', version: 4, author: 'Jana Weiss', at: ago(HOUR) },
  results: [
    { ...place(1), name: NAMES[0]!, outcome: 'pushed', number: 3, reason: null },
    { ...place(3), name: NAMES[2]!, outcome: 'refused', number: null, reason: 'The flow is archived there.' },
  ],
}

const clientsOf = (scene: Scene): clients.ClientView[] =>
  scene.flows.length < 2
    ? []
    : NAMES.map((name, at) => ({
        workspace: { id: id(21, at + 1), name },
        flow: { id: id(22, at + 1), name: 'Purchases' },
        version: at === 0 ? 4 : 2,
        live: at === 0 ? 3 : 1,
        enabled: at !== 1,
        archived: false,
        mayPush: true,
        waiting:
          at === 1 ? { approval: id(24, 1), kind: 'push', version: 4, askedBy: 'Jana Weiss', at: ago(HOUR) } : null,
        lastPush: at === 0 ? { number: 3, before: 2, from: 2, author: 'Jana Weiss', at: ago(HOUR) } : null,
      }))

const preview = (workspace: string, flow: string): clients.ClientPreview => {
  const at = [1, 2, 3].find((one) => id(21, one) === workspace) ?? 1
  return {
    ...{ workspace, flow, name: NAMES[at - 1]!, from: 2, to: 4, live: at, revision: 4, enabled: at !== 2 },
    draftChanged: at === 2,
    approval: at === 2,
    waiting: at === 2 ? { askedBy: 'Omar Haddad', summary: 'Shorter rows' } : null,
    changes: {
      flow: [],
      nodes: {
        added: [],
        removed: [],
        changed: [
          { id: 'paid', name: 'Only paid', fields: [{ field: 'settings.condition', before: 'a', after: 'a and b' }] },
        ],
      },
      edges: { added: [], removed: [] },
      moved: [],
    },
    conflicts: at === 2 ? [{ place: 'nodes.rows.name', mine: 'Our rows', theirs: 'Rows' }] : [],
    refusals:
      at === 3
        ? [
            {
              code: 'SLOTS_UNBOUND',
              message: '“Ledger” has no connection there: bind one of xero to the slot “ledger”.',
              slot: 'ledger',
            },
          ]
        : [],
  }
}

type Chosen = { readonly clients: readonly { readonly workspace: string; readonly flow: string }[] }

export const clientRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/workspaces/:workspace/flows/:flow/master',
    schema: clients.MasterAnswer,
    answer: () => ({ master: null }),
  },
  {
    method: 'GET',
    path: w,
    schema: clients.ClientList,
    answer: (scene) => {
      const items = clientsOf(scene)
      return { items, hidden: items.length > 0 ? 1 : 0, pushes: items.length > 0 ? [HISTORY] : [] }
    },
  },
  {
    method: 'POST',
    path: `${w}/preview`,
    schema: clients.PushPreview,
    body: clients.PreviewPushRequest,
    answer: (_, { body }) => ({
      items: (body as Chosen).clients.map(({ workspace, flow }) => preview(workspace, flow)),
    }),
  },
  {
    method: 'POST',
    path: `${w}/try`,
    schema: clients.Trials,
    body: clients.PreviewPushRequest,
    answer: (_, { body }) => ({
      items: (body as Chosen).clients.map((one) =>
        preview(one.workspace, one.flow).refusals.length > 0
          ? { ...one, run: null, reason: 'A connection is missing.' }
          : { ...one, run: id(3, 2), reason: null },
      ),
    }),
  },
  {
    method: 'POST',
    path: `${w}/push`,
    schema: clients.PushResults,
    body: clients.PushRequest,
    answer: (_, { body }) => ({
      items: (body as Chosen).clients.map(({ workspace, flow }, at) => ({
        ...{ workspace, flow, name: preview(workspace, flow).name },
        ...(at === 0
          ? { outcome: 'pushed', number: 4, reason: null }
          : { outcome: 'refused', number: null, reason: 'Somebody published or saved there since.' }),
      })),
    }),
  },
  {
    method: 'POST',
    path: `${w}/roll-back`,
    schema: clients.PushResults,
    body: clients.RollBackRequest,
    answer: (_, { body }) => ({
      items: (body as Chosen).clients.map(({ workspace, flow }) => ({
        ...{ workspace, flow, name: preview(workspace, flow).name, outcome: 'rolled-back', number: 4, reason: null },
      })),
    }),
  },
  {
    method: 'PATCH',
    path: '/workspaces/:workspace/flows/:flow',
    schema: FlowView,
    body: FlowPatch,
    answer: (scene, { params, body }) => {
      const flow = scene.flows.find((one) => one.id === params['flow'])
      return Object.assign(flow ?? {}, body)
    },
  },
  {
    method: 'GET',
    path: '/workspaces/:workspace/flows/:flow/dependents',
    schema: Dependents,
    answer: (scene) => ({
      ...{ versions: scene.versions.length, runs: 0, openExceptions: 2, waiting: 0, hooks: 1, clients: 0 },
      calledBy: [{ id: id(2, 2), name: 'New contacts → newsletter list' }],
      kept: '“New contacts → newsletter list” calls it. Take the call out there first.',
    }),
  },
]
