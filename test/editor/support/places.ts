import { exceptionView, id, type Scene, WORKSPACE } from './scene.ts'
import { rarer } from './rarer-scene.ts'
import * as scenes from './scene.ts'

const w = `/w/${WORKSPACE}`

/** Every page, at the address of an ordinary day. */
export const PAGES: { readonly [name: string]: string } = {
  /** Leads to the workspace that was open last. */
  bare: '/',
  now: `${w}/now`,
  building: `${w}/building`,
  desk: `${w}/desk`,
  home: `${w}/home`,
  causes: `${w}/causes`,
  clients: `${w}/clients`,
  flows: `${w}/flows`,
  'flow-steps': `${w}/flows/${id(2, 1)}`,
  'flow-settings': `${w}/flows/${id(2, 1)}?tab=settings`,
  'flow-connections': `${w}/flows/${id(2, 1)}?tab=connections`,
  'flow-versions': `${w}/flows/${id(2, 1)}?tab=versions`,
  'flow-runs': `${w}/flows/${id(2, 1)}?tab=runs`,
  'flow-version': `${w}/flows/${id(2, 1)}?tab=steps&version=3`,
  'flow-paused': `${w}/flows/${id(2, 3)}`,
  'flow-to-turn-on': `${w}/flows/${id(2, 4)}`,
  'flow-schedule': `${w}/flows/${id(2, 1)}?tab=schedule`,
  'flow-backfills': `${w}/flows/${id(2, 1)}?tab=backfills`,
  'flow-kept': `${w}/flows/${id(2, 1)}?tab=kept`,
  'flow-hooks': `${w}/flows/${id(2, 1)}?tab=hooks&hook=${id(13, 1)}&event=${id(14, 2)}`,
  'flow-clients': `${w}/flows/${id(2, 1)}?tab=clients`,
  edit: `${w}/flows/${id(2, 1)}/edit`,
  'edit-step': `${w}/flows/${id(2, 1)}/edit?step=rows&panel=problems`,
  'edit-output': `${w}/flows/${id(2, 1)}/edit?step=contacts&tab=output&panel=history`,
  'edit-questions': `${w}/flows/${id(2, 1)}/edit?step=start&panel=questions`,
  'edit-outline': `${w}/flows/${id(2, 1)}/edit?show=outline&panel=add`,
  compare: `${w}/flows/${id(2, 1)}/compare?a=3&b=draft`,
  'version-canvas': `${w}/flows/${id(2, 1)}/versions/3/canvas?step=paid`,
  'run-canvas': `${w}/runs/${id(3, 2)}/canvas?step=sales`,
  runs: `${w}/runs`,
  'runs-more-filters': `${w}/runs?flow=${id(2, 1)}&version=14&longer=60&dry=only`,
  'runs-none-fit': `${w}/runs?state=queued`,
  'run-partly': `${w}/runs/${id(3, 2)}?step=sales&batch=2`,
  'run-compare': `${w}/runs/${id(3, 2)}/compare`,
  'run-running': `${w}/runs/${id(3, 3)}`,
  'run-failed': `${w}/runs/${id(3, 4)}`,
  'run-waiting': `${w}/runs/${id(3, 5)}`,
  'run-paused': `${w}/runs/${id(3, 8)}`,
  exceptions: `${w}/exceptions`,
  'exceptions-none-fit': `${w}/exceptions?state=retrying`,
  exception: `${w}/exceptions/${id(4, 2)}`,
  'exception-in-doubt': `${w}/exceptions/${id(4, 5)}`,
  unknowns: `${w}/unknown`,
  unknown: `${w}/unknown/${id(11, 2)}/0`,
  'record-history': `${w}/records?key=INV-0192`,
  'record-not-known': `${w}/records?key=none-such`,
  health: `${w}/health`,
  workers: `${w}/workers`,
  connections: `${w}/connections`,
  'connection-new': `${w}/connections/new?connector=xero`,
  'connection-new-wsse': `${w}/connections/new?connector=emarsys&login=wsse`,
  connection: `${w}/connections/${id(5, 1)}`,
  'connection-sign-in': `${w}/connections/${id(5, 2)}`,
  'connection-ending': `${w}/connections/${id(5, 4)}`,
  approvals: `${w}/approvals`,
  approval: `${w}/approvals/${id(20, 1)}`,
  'approval-refused': `${w}/approvals/${id(20, 2)}`,
  people: `${w}/people`,
  audit: `${w}/audit`,
  erased: `${w}/erased`,
  erase: `${w}/erase`,
  close: `${w}/close`,
  deleted: `${w}/deleted`,
  alerts: `${w}/alerts`,
  'alert-rules': `${w}/alerts?tab=rules`,
  'alerts-sent': `${w}/alerts?tab=sent`,
  files: `${w}/files`,
  notices: `${w}/notices`,
  reports: `${w}/reports`,
  account: `${w}/account`,
  settings: `${w}/settings`,
  gallery: `${w}/templates`,
  install: `${w}/templates/paid-invoices`,
  'install-samples': `${w}/templates/paid-invoices-to-purchases`,
  'install-long': `${w}/templates/daily-summary-journal`,
  'flow-news': `${w}/flows/${id(2, 2)}`,
  policy: `${w}/policy`,
  'not-found': `${w}/nowhere`,
}

/** Pages of nobody: seen without a session. */
export const OUTSIDE: { readonly [name: string]: string } = {
  'sign-in': `/sign-in?to=${encodeURIComponent(`${w}/runs`)}`,
  'set-up': '/setup#one-time-token-of-the-link',
  'set-up-without-key': '/setup',
  'password-forgotten': '/password',
  'password-new': '/password#one-time-secret-of-the-link',
  'sign-in-unlinked': '/sign-in?sso=SSO_NOT_LINKED',
  join: '/join#one-time-secret-of-the-link',
  'stop-letter': '/stop-letter#token-of-the-link',
  proved: '/proved',
}

/** States a page can be in, beside the ordinary one. */
export const STATES: { readonly [name: string]: { readonly scene: () => Scene; readonly pages: readonly string[] } } = {
  empty: {
    scene: () => {
      const scene = scenes.empty()
      // Pages of one thing need that thing: a draft that is new, a run that has just been queued.
      scene.flows = []
      return scene
    },
    pages: [
      'now',
      'causes',
      'health',
      'building',
      'desk',
      'home',
      'flows',
      'runs',
      'exceptions',
      'unknowns',
      'workers',
      'connections',
      'settings',
      'files',
      'notices',
      'alerts',
      'alert-rules',
      'erase',
      'deleted',
    ],
  },
  'new-flow': {
    scene: () => ({
      ...scenes.empty(),
      flows: [scenes.flowView(1, { liveVersion: null, enabled: false, lastRun: null, nextDue: null })],
      problems: [
        { code: 'SLOT_UNBOUND', severity: 'error', node: 'invoices', message: 'Bind the slot “Xero” to a connection.' },
        { code: 'FLOW_IDLE', severity: 'warning', message: 'The flow writes nothing.' },
      ],
    }),
    pages: [
      'flow-steps',
      'flow-connections',
      'flow-versions',
      'flow-runs',
      'flow-schedule',
      'flow-kept',
      'flow-hooks',
      'flow-clients',
      'edit',
    ],
  },
  'no-workspace': { scene: () => ({ ...scenes.ordinary(), workspaces: [] }), pages: ['bare'] },
  'second-factor-on': { scene: () => ({ ...scenes.ordinary(), secondFactor: true }), pages: ['account'] },
  'shut-no-factor': { scene: () => shut('SECOND_FACTOR_NEEDED', false), pages: ['flows'] },
  'shut-code': { scene: () => shut('SECOND_FACTOR_NEEDED', true), pages: ['flows'] },
  'shut-sso': { scene: () => shut('SSO_REQUIRED', false), pages: ['flows'] },
  closing: {
    scene: () => {
      const scene = scenes.ordinary()
      const deleteAfter = scenes.ago(-28 * 86_400_000)
      return { ...scene, workspaces: scene.workspaces.map((one) => ({ ...one, deleteAfter })) }
    },
    pages: ['close', 'home'],
  },
  // Seen by whoever owns the account and manages nothing: the keys are entered anew.
  renewing: {
    scene: () => {
      const scene = scenes.ordinary()
      const permissions = ['workspace.read', 'connections.read', 'connections.renew', 'flows.read'] as const
      return {
        ...scene,
        workspaces: scene.workspaces.map((one) => ({ ...one, role: 'client' as const, permissions: [...permissions] })),
      }
    },
    pages: ['connection-ending'],
  },
  choosing: {
    scene: () => {
      const scene = scenes.ordinary()
      return {
        ...scene,
        connections: scene.connections.map((one) =>
          one.id === id(5, 2)
            ? {
                ...one,
                ...{ connector: 'xero', name: 'Xero Söderberg AB', findings: null },
                ...{ signedIn: true, chooses: true, state: 'sign-in-needed' as const },
                stateMessage: 'The sign-in reaches several accounts. Choose the one that the connection is for.',
              }
            : one,
        ),
      }
    },
    pages: ['connection-sign-in'],
  },
  'new-run': {
    scene: () => ({
      ...scenes.empty(),
      runs: [
        scenes.runView(2, {
          ...{ state: 'queued', batches: 0, counts: {}, startedAt: null, endedAt: null },
          actions: ['pause', 'cancel'],
        }),
      ],
    }),
    pages: ['run-partly'],
  },
  rarer: {
    scene: rarer,
    pages: ['home', 'flow-to-turn-on', 'edit', 'edit-step', 'run-partly', 'run-compare', 'approval', 'notices'],
  },
  pinned: {
    scene: () => {
      const { expressionFault: _, ...scene } = rarer()
      return scene
    },
    pages: ['edit-step'],
  },
  quiet: { scene: () => ({ ...scenes.ordinary(), quiet: true }), pages: ['now', 'health'] },
  failing: {
    scene: scenes.failing,
    pages: [
      'now',
      'flows',
      'flow-steps',
      'runs',
      'run-partly',
      'exceptions',
      'exception',
      'unknowns',
      'workers',
      'connections',
      'connection',
      'settings',
      'close',
      'erase',
      'flow-kept',
      'files',
      'alerts',
      'edit',
    ],
  },
  forbidden: {
    scene: scenes.forbidden,
    pages: [
      'now',
      'flows',
      'flow-steps',
      'runs',
      'run-partly',
      'exceptions',
      'exception',
      'unknowns',
      'workers',
      'connections',
      'connection',
      'settings',
      'alerts',
      'edit',
    ],
  },
  huge: {
    scene: () => ({
      ...scenes.huge(),
      exceptions: [exceptionView(2, { businessKey: 'X'.repeat(200) }), ...scenes.huge().exceptions],
    }),
    pages: ['flows', 'flow-steps', 'runs', 'run-partly', 'exceptions', 'exception', 'record-history'],
  },
}

function shut(lacks: 'SECOND_FACTOR_NEEDED' | 'SSO_REQUIRED', secondFactor: boolean): Scene {
  const scene = scenes.ordinary()
  return { ...scene, secondFactor, workspaces: scene.workspaces.map((one) => ({ ...one, lacks })) }
}
