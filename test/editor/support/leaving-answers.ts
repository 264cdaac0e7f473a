import * as closing from '../../../server/contract/closing.ts'
import * as data from '../../../server/contract/data.ts'
import { ago, id } from './numbered.ts'
import type { Scene } from './scene.ts'
import type { Route } from './route.ts'

const DAY = 86_400_000
const w = '/workspaces/:workspace'

const view = (scene: Scene): closing.ClosingView => {
  const deleteAfter = scene.workspaces[0]?.deleteAfter ?? null
  const flows = scene.flows.filter(({ enabled }) => enabled || deleteAfter !== null)
  return {
    state: deleteAfter === null ? 'open' : 'closing',
    graceDays: 30,
    closedAt: deleteAfter === null ? null : ago(2 * DAY),
    closedBy: deleteAfter === null ? null : 'Jana Weiss',
    deleteAfter,
    flows: flows.map((flow) => ({ id: flow.id, name: flow.name })),
    runs: deleteAfter === null ? 2 : 0,
    waiting: 12,
    exceptions: scene.exceptions.length,
    unknown: 1,
    doubts: [{ operation: 'xero.create-invoices', connection: 'Nordwind Ltd', effects: 1 }],
    connections: scene.connections.map(({ name, connector, signedIn }) => ({ name, connector, signedIn })),
    tokens: 2,
    invitations: 1,
    people: 5,
    peopleOnlyHere: 3,
  }
}

const record = (place: number, more: Partial<closing.DeletionRecord> = {}): closing.DeletionRecord => ({
  workspace: id(1, 90 + place),
  name: place === 1 ? 'Kaffeerösterei Blau GmbH & Co. KG' : 'Old Harbour Books',
  askedAt: ago(40 * DAY * place),
  askedBy: id(6, 1),
  dueAt: ago(10 * DAY * place),
  beganAt: ago(10 * DAY * place),
  finishedAt: ago(10 * DAY * place - 60_000),
  counts: { connections: 2, effects: 48_211, flows: 6, runs: 1_904 },
  accounts: 3,
  connections: [
    { connector: 'xero', outcome: 'revoked', reason: null },
    { connector: 'emarsys', outcome: 'no-sign-in', reason: null },
  ],
  audit: { sequence: 812, hash: 'ab'.repeat(32) },
  hash: 'cd'.repeat(32),
  ...more,
})

/** Closing a workspace, what is left of deleted ones, and erasing people: ada@example.com is in two runs. */
export const leavingRoutes: readonly Route[] = [
  { method: 'GET', path: `${w}/closing`, schema: closing.ClosingView, answer: view },
  {
    method: 'POST',
    path: `${w}/closing`,
    schema: closing.ClosingView,
    body: closing.CloseRequest,
    answer: (scene) => {
      const deleteAfter = ago(-30 * DAY)
      scene.workspaces = scene.workspaces.map((one, place) => (place === 0 ? { ...one, deleteAfter } : one))
      return view(scene)
    },
  },
  {
    method: 'DELETE',
    path: `${w}/closing`,
    schema: closing.ClosingView,
    answer: (scene) => {
      const { flows } = view(scene)
      scene.workspaces = scene.workspaces.map((one) => ({ ...one, deleteAfter: null }))
      return { ...view(scene), flows }
    },
  },
  {
    method: 'GET',
    path: '/deletions',
    schema: closing.DeletionList,
    answer: (scene) => ({
      items:
        scene.flows.length === 0
          ? []
          : [record(1), record(2, { finishedAt: null, hash: null, audit: null, connections: [] })],
    }),
  },
  {
    method: 'GET',
    path: `${w}/erasures`,
    schema: data.ErasureList,
    answer: (scene) => ({
      items:
        scene.flows.length === 0
          ? []
          : [
              {
                ...{ id: id(21, 1), at: ago(3 * DAY), reason: 'Asked to be forgotten, ticket 4711', by: 'Jana Weiss' },
                ...{ runs: 50, records: 312, exceptions: 2, events: 4 },
              },
              {
                ...{ id: id(21, 2), at: ago(90 * DAY), reason: 'Letter of 3 October', by: null },
                ...{ runs: 1, records: 1, exceptions: 0, events: 0 },
              },
            ],
    }),
  },
  {
    method: 'POST',
    path: `${w}/erasures`,
    schema: data.ErasureAnswer,
    body: data.ErasureRequest,
    answer: (_scene, { body }: { body: data.ErasureRequest }) =>
      body.keys.includes('ada@example.com')
        ? { runs: 2, records: 7, exceptions: 1, events: 0, left: 0, atWork: 0 }
        : { runs: 0, records: 0, exceptions: 0, events: 0, left: 0, atWork: 0 },
  },
]
