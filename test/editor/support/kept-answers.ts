import * as files from '../../../server/contract/files.ts'
import * as memory from '../../../server/contract/node-memory.ts'
import * as notices from '../../../server/contract/notices.ts'
import * as waiting from '../../../server/contract/waiting.ts'
import { ago, id } from './numbered.ts'
import { Refusal, type Route } from './route.ts'

const HOUR = 3_600_000
const at = '/workspaces/:workspace'
const ahead = (ms: number) => ago(-ms)

const file = (place: number, more: Partial<files.FileView> = {}): files.FileView => ({
  id: id(30, place),
  name: `orders-2026-11-${String(place).padStart(2, '0')}.csv`,
  bytes: 48_213 * place,
  uploaded: true,
  by: 'Jana Weiss',
  at: ago(place * 9 * HOUR),
  ...more,
})

const FILES: readonly files.FileView[] = [
  file(1),
  file(2, { name: 'daily-totals-9f31c2aa77b04e11.csv', uploaded: false, by: null, bytes: 812 }),
  file(3, { name: `${'a-very-long-name-of-a-file-'.repeat(5)}.csv`, bytes: 187_000_000, by: null }),
]

const notice = (place: number, more: Partial<notices.NoticeView> = {}): notices.NoticeView => ({
  id: id(31, place),
  flow: { id: id(2, 1), name: 'Paid invoices → Emarsys purchases' },
  node: 'tell',
  nodeName: 'Large invoices',
  severity: 'warning',
  desk: 'finance',
  message: 'INV-0192 over 12,400.00 AUD was paid by a customer who is not in Emarsys.',
  run: id(3, 2),
  occurrences: 1,
  createdAt: ago(3 * HOUR),
  lastAt: ago(2 * HOUR),
  closedAt: null,
  closedBy: null,
  ...more,
})

const NOTICES: readonly notices.NoticeView[] = [
  notice(1, {
    severity: 'critical',
    occurrences: 1240,
    message: 'The feed of orders has had no new order since 06:10.',
  }),
  notice(2),
  notice(3, { severity: 'info', desk: 'marketing', message: 'A first order over 1,000. '.repeat(9).trim() }),
]
const CLOSED = notice(9, { closedAt: ago(HOUR), closedBy: 'Tom Okafor' })

const held = (place: number, more: object = {}) => ({
  id: id(32, place),
  node: 'later',
  name: 'Until three days after the due date',
  run: id(3, 2),
  cameAt: ago(place * HOUR),
  dueAt: ahead(place * 5 * HOUR),
  notBefore: ahead(place * 5 * HOUR),
  goesOnIn: null as string | null,
  ...more,
})
const WAITING = [held(1, { goesOnIn: id(3, 3) }), held(2), held(3), held(4, { name: null, node: 'grace-2' })]

/** Files, notices, records that wait, what steps remember. */
export const keptRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${at}/files`,
    schema: files.FileList,
    answer: (scene) => ({ items: scene.flows.length === 0 ? [] : FILES }),
  },
  {
    method: 'POST',
    path: `${at}/files`,
    schema: files.Uploaded,
    query: files.UploadQuery,
    answer: (_scene, { query }) => ({ file: file(1, { name: query.name! }), known: query.name === 'known.csv' }),
  },
  {
    method: 'GET',
    path: `${at}/notices`,
    schema: notices.NoticeList,
    query: notices.NoticeListQuery,
    answer: (scene, { query }) => {
      const rows = query.state === 'closed' ? [CLOSED] : NOTICES
      const items = scene.flows.length === 0 ? [] : rows.filter(({ desk }) => (query.desk ?? desk) === desk)
      return { items, next: null }
    },
  },
  {
    method: 'POST',
    path: `${at}/notices/:notice/close`,
    schema: notices.NoticeView,
    answer: () => CLOSED,
  },
  {
    method: 'GET',
    path: `${at}/flows/:flow/waiting`,
    schema: waiting.WaitingList,
    answer: (scene) =>
      scene.flows.length < 2
        ? { count: 0, nextDue: null, items: [] }
        : { count: 1204, nextDue: WAITING[0]?.dueAt ?? null, items: WAITING },
  },
  {
    method: 'POST',
    path: `${at}/flows/:flow/waiting/release`,
    schema: waiting.WaitingReleased,
    body: waiting.WaitingSelection,
    answer: (_scene, { body }: { body: waiting.WaitingSelection }) => ({
      released: 'ids' in body ? body.ids.length : 1203,
    }),
  },
  {
    method: 'POST',
    path: `${at}/flows/:flow/waiting/cancel`,
    schema: waiting.WaitingCancelled,
    body: waiting.WaitingSelection,
    answer: () => new Refusal(403, 'NOT_ALLOWED', 'Not allowed', 'Your role in this workspace does not include this.'),
  },
  {
    method: 'GET',
    path: `${at}/flows/:flow/memory`,
    schema: memory.NodeMemoryList,
    answer: (scene) => ({
      items: scene.flows.length < 2 ? [] : [{ node: 'value', name: 'Customer value', keys: 20_412, at: ago(2 * HOUR) }],
    }),
  },
  {
    method: 'POST',
    path: `${at}/flows/:flow/memory/:node/look-up`,
    schema: memory.KeyMemory,
    body: memory.NodeKey,
    answer: (_scene, { body }: { body: memory.NodeKey }) => ({
      found:
        body.key[0] === 'ada@example.com'
          ? {
              at: ago(2 * HOUR),
              run: null,
              values: [
                { name: 'orders', value: null, contributions: 14 },
                { name: 'net', value: '12840.50', contributions: 14 },
              ],
            }
          : null,
    }),
  },
]
