import type { CheckView, SignOffView } from '../../../server/contract/periods.ts'
import type { CatalogAnswer } from '../../../server/contract/catalog.ts'
import type { ConnectionView } from '../../../server/contract/connections.ts'
import type { BindingView, FlowView, VersionView } from '../../../server/contract/flows.ts'
import {
  type InvitationView,
  type Membership,
  type Permission,
  type Preferences,
  Permission as Permissions,
  type TokenView,
} from '../../../server/contract/people.ts'
import type { ExceptionDetail } from '../../../server/contract/exceptions.ts'
import type { EffectSummary, NodeSteps, RunView, StepView } from '../../../server/contract/runs.ts'
import type { Sample } from '../../../server/contract/samples.ts'
import type { TemplateList } from '../../../server/contract/templates.ts'
import type { FlowProblem } from '../../../server/contract/shared.ts'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { catalog } from './catalog.ts'
import { type DurableScene, durableScene, emptyDurable, unknownView } from './durable-scene.ts'
import { ago, id } from './numbered.ts'
import { paidInvoices } from './paid-invoices.ts'
import { shippedList } from './template-answers.ts'

/** What the stage shows: all that the web app can ask for. Tests change what they are about. */
export type Scene = DurableScene & {
  setUp: boolean
  signedIn: boolean
  /** Nothing needs anybody. */
  quiet?: boolean
  workspaces: Membership[]
  secondFactor: boolean
  invitations: InvitationView[]
  preferences: Preferences
  /** A second person approves what goes live, and has approved what waits. */
  /** By month: of flows, checks that go on and sign-offs. */
  periods: Map<string, { checks: Map<string, CheckView>; signed: Map<string, SignOffView> }>
  approving: boolean
  approved: boolean
  catalog: CatalogAnswer
  flows: FlowView[]
  document: Flow
  problems: FlowProblem[]
  versions: VersionView[]
  /** Records that are pinned to steps. */
  samples: Sample[]
  bindings: BindingView[]
  templates: TemplateList['items']
  runs: RunView[]
  steps: NodeSteps[]
  batches: StepView[]
  records: unknown[]
  effects: EffectSummary
  exceptions: ExceptionDetail[]
  connections: ConnectionView[]
  tokens: TokenView[]
  /** What waits for approval is for others to decide, for this reason. */
  whyOthersDecide?: string
  /** What is wrong with every expression that is tried. */
  expressionFault?: { readonly code: string; readonly message: string; readonly hint: string }
  /** Somebody else who edits the flow at the moment. */
  editedBy?: string
  /** Requests whose address holds `path` are refused so. */
  refuse: {
    method?: string
    path: string
    status: number
    code: string
    title: string
    detail: string
    problems?: readonly { readonly field: string; readonly message: string }[]
  }[]
  /** Requests whose address holds one of these wait until `release`. */
  hold: string[]
}

const DAY = 86_400_000
export { ago, id }
const MINUTE = 60_000

export const WORKSPACE = id(1, 1)
const every: Permission[] = [...Permissions.enum]

export const flowView = (number: number, change: Partial<FlowView> = {}): FlowView => ({
  id: id(2, number),
  name: 'Paid invoices → Emarsys purchases',
  createdAt: ago(40 * DAY),
  tags: [],
  archivedAt: null,
  liveVersion: 4,
  draft: { revision: 17, at: ago(3 * 3_600_000), by: 'Jana Weiss', changed: true },
  enabled: true,
  switchedAt: ago(20 * DAY),
  paused: null,
  lastRun: { id: id(3, 1), state: 'succeeded', reason: null, createdAt: ago(12 * MINUTE), endedAt: ago(11 * MINUTE) },
  nextDue: new Date(Date.now() + 3 * MINUTE).toISOString(),
  turnOn: null,
  ...change,
})

export const runView = (number: number, change: Partial<RunView> = {}): RunView => ({
  id: id(3, number),
  flow: { id: id(2, 1), name: 'Paid invoices → Emarsys purchases' },
  version: 4,
  cause: 'schedule',
  causeNode: 'start',
  lane: 'live',
  began: null,
  quiet: false,
  dry: false,
  answers: null,
  policy: null,
  rerunOf: null,
  backfill: null,
  requestedBy: null,
  state: 'succeeded',
  reason: null,
  code: null,
  nextAction: null,
  batches: 50,
  counts: { read: 50_000, calls: 312 },
  attempts: 1,
  cancelRequested: false,
  pauseRequested: false,
  actions: ['rerun', 'rerun-step'],
  createdAt: ago(number * 15 * MINUTE),
  startedAt: ago(number * 15 * MINUTE - 900),
  endedAt: ago(number * 15 * MINUTE - 74_000),
  wakeAt: null,
  ...change,
})

export const exceptionView = (number: number, change: Partial<ExceptionDetail> = {}): ExceptionDetail => ({
  id: id(4, number),
  flow: { id: id(2, 1), name: 'Paid invoices → Emarsys purchases' },
  version: 4,
  run: id(3, 2),
  batch: 12,
  node: 'sales',
  nodeName: 'Send sales',
  code: 'CONTACT_NOT_CONFIRMED',
  message: `“INV-0${191 + number}” was not sent: nobody has confirmed its contact in this account yet. Send the contact first, then this again.`,
  remote: null,
  businessKey: `INV-0${191 + number}`,
  desk: 'marketing',
  amount: `${1250 + number * 37}.40`,
  currency: 'EUR',
  state: 'open',
  nextAction: 'Check the e-mail address of the contact in Xero. The next run sends both.',
  createdAt: ago(number * 41 * MINUTE),
  resolvedAt: null,
  resolvedBy: null,
  resolution: null,
  occurrences: 1,
  lastAt: ago(number * 41 * MINUTE),
  retryRun: null,
  edited: false,
  assignedTo: null,
  snoozedUntil: null,
  actions: ['retry', 'edit', 'dismiss'],
  record: invoice(number),
  masked: false,
  ...change,
})

export const invoice = (number: number): { readonly [name: string]: unknown } => ({
  InvoiceID: id(9, number),
  InvoiceNumber: `INV-0${191 + number}`,
  Status: 'PAID',
  Date: '2026-10-12',
  CurrencyCode: 'EUR',
  SubTotal: 1050.34 + number,
  TotalTax: 199.56,
  Total: 1249.9 + number,
  Contact: { ContactID: id(8, number), Name: 'Nordwind Handels GmbH' },
  LineItems: [
    { Description: 'Winter jacket', Quantity: 2, UnitAmount: 400.17, LineAmount: 800.34, ItemCode: 'WJ-02' },
    { Description: 'Delivery', Quantity: 1, UnitAmount: 250, LineAmount: 250 + number },
  ],
  Reference: number % 3 === 0 ? null : `PO-${4400 + number}`,
  IsDiscounted: false,
})

export const connectionView = (number: number, change: Partial<ConnectionView> = {}): ConnectionView => ({
  id: id(5, number),
  connector: 'xero',
  name: 'Xero Nordwind GmbH',
  login: 'custom-connection',
  settings: { apiUrl: 'https://api.xero.com', identityUrl: 'https://identity.xero.com' },
  pinned: { tenantId: id(7, number), organisation: 'Nordwind GmbH' },
  secretsSet: ['clientId', 'clientSecret'],
  signedIn: true,
  state: 'ready',
  stateMessage: null,
  findings: [
    { title: 'Sign-in', ok: true, detail: 'Xero accepted the client id and secret.' },
    { title: 'Read invoices', ok: true, detail: 'accounting.transactions.read is granted.' },
    { title: 'Read contacts', ok: true, detail: 'accounting.contacts.read is granted.' },
  ],
  testedAt: ago(2 * DAY),
  usedOn: ago(0).slice(0, 10),
  offSince: null,
  turnsOffOn: null,
  maxRuns: null,
  chooses: false,
  validUntil: null,
  ends: null,
  budget: { perMinute: 60, perDay: 5_000, usedMinute: 12, usedDay: 1_688, pausedUntil: null, dayFullAt: null },
  usedBy: [{ id: id(2, 1), name: 'Paid invoices → Emarsys purchases' }],
  createdAt: ago(40 * DAY),
  updatedAt: ago(2 * DAY),
  ...change,
})

const nodeSteps = (position: number, change: Partial<NodeSteps>): NodeSteps => ({
  node: `node-${position}`,
  name: 'Step',
  operation: 'map',
  position,
  batches: 50,
  counts: { in: 50_000, out: 50_000, rejected: 0 },
  calls: 0,
  retries: 0,
  waitingMs: 0,
  workingMs: 1_200,
  startedAt: ago(12 * MINUTE),
  failed: 0,
  fed: position > 1,
  ...change,
})

/** A workspace as it looks on an ordinary day. */
export function ordinary(): Scene {
  const flows = [
    flowView(1, { tags: ['daily', 'money'] }),
    flowView(2, {
      name: 'New contacts → newsletter list',
      liveVersion: 2,
      draft: { revision: 5, at: ago(9 * DAY), by: 'Amir Haddad', changed: false },
      lastRun: { id: id(3, 3), state: 'running', reason: null, createdAt: ago(40_000), endedAt: null },
    }),
    flowView(3, {
      name: 'Credit notes → Emarsys returns',
      liveVersion: 1,
      draft: { revision: 2, at: ago(30 * DAY), by: 'Jana Weiss', changed: false },
      paused: { code: 'LOGIN_REFUSED', message: 'Xero signed us out on 20 Nov 23:10. 14 credit notes wait.' },
      lastRun: {
        id: id(3, 4),
        state: 'failed',
        reason: 'Xero refused the login.',
        createdAt: ago(26 * 3_600_000),
        endedAt: ago(26 * 3_600_000),
      },
      nextDue: null,
    }),
    flowView(4, {
      name: 'Dormant customers → win-back',
      liveVersion: null,
      enabled: false,
      draft: { revision: 1, at: ago(2 * DAY), by: 'Jana Weiss', changed: true },
      lastRun: null,
      nextDue: null,
    }),
  ]
  const runs = [
    runView(3, {
      flow: { id: id(2, 2), name: 'New contacts → newsletter list' },
      version: 2,
      state: 'running',
      batches: 4,
      counts: { read: 3_812, calls: 22, exceptions: 1 },
      createdAt: ago(40_000),
      startedAt: ago(39_000),
      endedAt: null,
      actions: ['cancel', 'pause'],
    }),
    runView(1, { cause: 'manual', requestedBy: 'Jana Weiss' }),
    runView(2, {
      state: 'partly',
      counts: { read: 50_000, calls: 312, exceptions: 3 },
      nextAction: 'Look at the 3 exceptions. The next run sends them again once their contacts are confirmed.',
      actions: ['rerun', 'rerun-step', 'retry-exceptions'],
    }),
    runView(4, {
      flow: { id: id(2, 3), name: 'Credit notes → Emarsys returns' },
      version: 1,
      state: 'failed',
      reason: 'Xero refused the login of “Xero Nordwind GmbH”. The cursor stays; nothing was lost.',
      code: 'LOGIN_REFUSED',
      nextAction: 'Sign in at Xero again, then turn the flow on.',
      batches: 0,
      counts: { read: 0, calls: 1 },
    }),
    runView(5, {
      state: 'waiting',
      reason: 'Waits for Xero until 14:03: its limit of calls per day is used up.',
      wakeAt: new Date(Date.now() + 22 * MINUTE).toISOString(),
      endedAt: null,
      batches: 7,
      counts: { read: 7_000, calls: 1_000 },
      actions: ['cancel', 'pause'],
      cause: 'backfill',
      lane: 'bulk',
      began: 'invoices of 2026-07-01 to 2026-08-01',
      quiet: true,
      backfill: id(12, 1),
      requestedBy: 'Jana Weiss',
    }),
    runView(6, {
      state: 'cancelled',
      reason: null,
      cause: 'manual',
      requestedBy: 'Amir Haddad',
      batches: 2,
      counts: { read: 2_000, calls: 14 },
    }),
    runView(7, { state: 'succeeded', counts: { read: 0, calls: 1 }, batches: 1 }),
    runView(8, {
      state: 'paused',
      reason: 'Amir Haddad paused it after 212 batches.',
      cause: 'rerun',
      began: 'as version 4 began',
      rerunOf: id(3, 2),
      requestedBy: 'Amir Haddad',
      batches: 212,
      endedAt: null,
      actions: ['cancel', 'resume'],
    }),
  ]
  return {
    ...durableScene(),
    setUp: true,
    signedIn: true,
    secondFactor: false,
    invitations: [
      {
        id: id(15, 1),
        email: 'lars@nordwind.example',
        role: 'client',
        invitedBy: 'Tom Okafor',
        createdAt: ago(DAY),
        expiresAt: ago(-6 * DAY),
      },
    ],
    preferences: {},
    approving: false,
    periods: new Map(),
    approved: false,
    workspaces: [
      { id: WORKSPACE, name: 'Nordwind GmbH', role: 'owner', permissions: every, lacks: null, deleteAfter: null },
      { id: id(1, 2), name: 'Söderberg AB', role: 'consultant', permissions: every, lacks: null, deleteAfter: null },
    ],
    catalog,
    flows,
    document: paidInvoices,
    problems: [
      {
        code: 'MONEY_FLOAT',
        severity: 'warning',
        node: 'rows',
        field: 'expression',
        position: 91,
        message: '“$sum” adds money as a float, which can be a cent off.',
        fix: { from: '$sum', to: '$moneySum' },
      },
    ],
    versions: [
      version(4, {
        live: true,
        summary: 'Send credit notes as negative rows',
        author: 'Jana Weiss',
        createdAt: ago(20 * DAY),
      }),
      version(3, { summary: 'Take the payment date as the purchase date' }),
      version(2, { summary: 'Contacts first, then purchases', author: 'Amir Haddad' }),
      version(1, { summary: 'First version' }),
    ],
    bindings: [
      {
        slot: 'ledger',
        connector: 'xero',
        title: 'Xero',
        connection: { id: id(5, 1), name: 'Xero Nordwind GmbH', state: 'ready' },
      },
      { slot: 'engagement', connector: 'emarsys', title: 'Emarsys', connection: null },
    ],
    samples: [],
    templates: shippedList(),
    runs,
    steps: [
      nodeSteps(0, {
        node: 'invoices',
        name: 'Read invoices',
        operation: 'xero.list-invoices',
        counts: { in: 50_000, out: 50_000 },
        calls: 51,
        waitingMs: 31_400,
        workingMs: 18_200,
        retries: 2,
      }),
      nodeSteps(1, {
        node: 'paid',
        name: 'Only paid ones',
        operation: 'filter',
        counts: { in: 50_000, out: 31_204, other: 18_796, rejected: 0 },
        workingMs: 2_140,
      }),
      nodeSteps(2, {
        node: 'contacts',
        name: 'Write contacts',
        operation: 'emarsys.upsert-contacts',
        counts: { in: 31_204, out: 31_204, rejected: 0, sent: 20_000, unchanged: 11_204 },
        calls: 40,
        waitingMs: 4_100,
        workingMs: 9_800,
      }),
      nodeSteps(3, {
        node: 'rows',
        name: 'One row per line',
        operation: 'map',
        counts: { in: 31_204, out: 88_120, rejected: 0 },
        workingMs: 5_600,
      }),
      nodeSteps(4, {
        node: 'sales',
        name: 'Send purchases',
        operation: 'emarsys.sales-data',
        counts: { in: 88_120, out: 88_117, rejected: 3, sent: 88_117 },
        calls: 221,
        waitingMs: 600,
        workingMs: 22_900,
      }),
    ],
    batches: Array.from({ length: 3 }, (_, batch) => ({
      batch: batch + 1,
      node: 'sales',
      operation: 'emarsys.sales-data',
      position: 4,
      startedAt: ago(12 * MINUTE - batch * 4_000),
      waitingMs: 12,
      workingMs: 458 + batch * 31,
      calls: 4,
      attempts: batch === 1 ? 2 : 1,
      counts: { in: 1_762, out: 1_762 - (batch === 1 ? 3 : 0), rejected: batch === 1 ? 3 : 0, sent: 1_762 },
      error: null,
      payloads: ['in', 'out:out', 'call'],
    })),
    records: Array.from({ length: 120 }, (_, place) => invoice(place + 1)),
    effects: {
      calls: [
        {
          node: 'contacts',
          operation: 'emarsys.upsert-contacts',
          connection: { id: id(5, 2), name: 'Emarsys Nordwind' },
          state: 'answered',
          calls: 40,
          items: 20_000,
        },
        {
          node: 'sales',
          operation: 'emarsys.sales-data',
          connection: { id: id(5, 2), name: 'Emarsys Nordwind' },
          state: 'answered',
          calls: 220,
          items: 87_917,
        },
        {
          node: 'sales',
          operation: 'emarsys.sales-data',
          connection: { id: id(5, 2), name: 'Emarsys Nordwind' },
          state: 'unknown',
          calls: 1,
          items: 200,
        },
      ],
      marked: [{ node: 'sales', state: 'reversed', effects: 12 }],
    },
    exceptions: [
      exceptionView(1),
      exceptionView(2, {
        code: 'RECORD_REFUSED',
        message:
          'Xero refused invoice INV-0193: account code 260 is archived. Choose another account, then send again.',
        remote: 'Account code 260 is archived',
        desk: 'finance',
        amount: '-312480.00',
        occurrences: 3,
      }),
      exceptionView(3, {
        code: 'EXPRESSION_FAILED',
        message: 'The expression of “One row per line” failed: “LineItems” is not a list.',
        desk: 'technical',
        amount: null,
        currency: null,
        node: 'rows',
        nodeName: 'One row per line',
        state: 'retrying',
        retryRun: id(3, 3),
        edited: true,
        actions: [],
      }),
      exceptionView(5, {
        code: 'OUTCOME_UNKNOWN',
        message: 'Nobody can tell whether INV-0196 arrived at Emarsys Nordwind: the answer was lost.',
        actions: ['settle', 'dismiss'],
      }),
      exceptionView(4, {
        state: 'dismissed',
        actions: [],
        resolvedAt: ago(60 * MINUTE),
        resolvedBy: 'Jana Weiss',
        resolution: 'A test order; not to be sent.',
      }),
    ],
    connections: [
      connectionView(1),
      connectionView(2, {
        connector: 'emarsys',
        name: 'Emarsys Nordwind',
        login: 'oauth',
        settings: { merchantId: '1D2F3A4B5C6D7E8F', apiUrl: 'https://api.emarsys.net' },
        pinned: {},
        state: 'sign-in-needed',
        stateMessage: 'Emarsys refused the client secret on 20 Nov 23:10. Enter the new one.',
        findings: [
          {
            ...{ title: 'Sign-in', ok: false },
            detail:
              'The other system does not accept this login: it has ended, was withdrawn there, or was entered wrongly. Sign in again, or enter the keys anew.',
            said: 'Emarsys refused the login (HTTP 400: invalid_client). Connect it again.',
          },
          { title: 'Contacts', ok: true, detail: 'Readable and writable.' },
        ],
        usedBy: [],
      }),
      connectionView(3, {
        name: 'Xero Söderberg AB',
        state: 'new',
        usedOn: null,
        createdAt: ago(50 * DAY),
        turnsOffOn: ago(-10 * DAY).slice(0, 10),
        login: 'oauth',
        signedIn: false,
        testedAt: null,
        findings: null,
        usedBy: [],
        pinned: {},
      }),
      connectionView(4, {
        name: 'Xero Old Harbour Books',
        createdAt: ago(200 * DAY),
        usedOn: ago(71 * DAY).slice(0, 10),
        validUntil: ago(-6 * DAY).slice(0, 10),
        ends: {
          on: ago(-6 * DAY).slice(0, 10),
          why: 'Its secret is noted to be valid until then.',
          instead: 'Get a new one in the other system and enter it here.',
        },
      }),
    ],
    tokens: [
      {
        id: id(6, 1),
        name: 'Nightly export',
        prefix: 'tl_1a2b3c4d',
        createdAt: ago(30 * DAY),
        expiresAt: new Date(Date.now() + 60 * DAY).toISOString(),
        usedAt: ago(9 * 3_600_000),
        revokedAt: null,
        scopes: null,
        addresses: ['203.0.113.0/24'],
      },
      {
        id: id(6, 2),
        name: 'Old laptop',
        prefix: 'tl_9f8e7d6c',
        createdAt: ago(200 * DAY),
        expiresAt: null,
        usedAt: null,
        revokedAt: ago(100 * DAY),
        scopes: null,
        addresses: null,
      },
    ],
    refuse: [],
    hold: [],
  }
}

export const version = (number: number, change: Partial<VersionView> = {}): VersionView => ({
  number,
  hash: 'c0ffee'.repeat(8),
  author: 'Jana Weiss',
  summary: 'A change',
  createdAt: ago((60 - number * 10) * DAY),
  live: false,
  ...change,
})

/** A workspace on its first day. */
export function empty(): Scene {
  return {
    ...ordinary(),
    ...emptyDurable(),
    templates: [],
    flows: [],
    runs: [],
    exceptions: [],
    connections: [],
    tokens: [],
    versions: [],
    bindings: [],
    steps: [],
    batches: [],
    records: [],
    effects: { calls: [], marked: [] },
    problems: [],
  }
}

/** Nothing answers. */
export function failing(): Scene {
  return {
    ...ordinary(),
    // Also what is of no one workspace; who one is still answers, or there would be no page at all.
    refuse: ['/workspaces/', '/catalog', '/fleet', '/causes', '/deletions', '/me/', '/session/ways'].map((path) => ({
      path,
      status: 500,
      code: 'UNEXPECTED',
      title: 'Unexpected error',
      detail: 'Something unforeseen happened. Tell an operator the reference.',
    })),
  }
}

/** A role that may see nothing of what is asked for. */
export function forbidden(): Scene {
  return {
    ...ordinary(),
    workspaces: [
      {
        id: WORKSPACE,
        name: 'Nordwind GmbH',
        role: 'auditor',
        permissions: ['workspace.read'],
        lacks: null,
        deleteAfter: null,
      },
    ],
    refuse: [
      {
        path: '/workspaces/',
        status: 403,
        code: 'NOT_ALLOWED',
        title: 'Not allowed',
        detail: 'An auditor may not see this. An owner of the workspace can change that.',
      },
    ],
  }
}

/** Long names, many rows, big numbers. */
export function huge(): Scene {
  const scene = ordinary()
  const long =
    'Every paid, part-paid and credited invoice of all subsidiaries → Emarsys purchases, returns and the newsletter segment of the north'
  return {
    ...scene,
    unknowns: Array.from({ length: 120 }, (_, number) =>
      unknownView(number + 1, { key: `${'INVOICE-2026-NORD-'.repeat(5)}${number}` }),
    ),
    history: Array.from({ length: 20 }, () => ({
      ...scene.history[0]!,
      sentence: `${'It was read and read again '.repeat(12)}.`,
    })),
    workspaces: [{ ...scene.workspaces[0]!, name: 'Nordwind Handels- und Beteiligungsgesellschaft mbH & Co. KG' }],
    flows: Array.from({ length: 60 }, (_, number) => flowView(number + 1, { name: `${long} ${number + 1}` })),
    runs: Array.from({ length: 230 }, (_, number) =>
      runView(number + 1, {
        flow: { id: id(2, 1), name: long },
        counts: { read: 123_456_789, calls: 1_234_567, exceptions: 98_765 },
        state: 'partly',
      }),
    ),
    exceptions: Array.from({ length: 230 }, (_, number) =>
      exceptionView(number + 1, {
        businessKey: `${'INVOICE-2026-NORD-'.repeat(5)}${number}`,
        amount: '123456789012345.67',
        message: 'The remote refused the record because '.concat(
          'one of its many fields holds a value that it does not take, '.repeat(6),
        ),
      }),
    ),
  }
}
