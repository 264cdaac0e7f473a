import { expect, test } from 'vitest'
import type { Automation } from '../../../server/contract/automations.ts'
import type { Now } from '../../../server/contract/now.ts'
import type { PeriodView } from '../../../server/contract/periods.ts'
import type { RunState } from '../../../server/contract/runs.ts'
import { sayAlerts } from '../../../editor/alert/say.ts'
import { sayAll, standingOf } from '../../../editor/automation/standing.ts'
import { sayOperation } from '../../../editor/cause/say-operation.ts'
import { sayOpen } from '../../../editor/exception/say-open.ts'
import { sayAction } from '../../../editor/people/say-people.ts'
import { sayAllFlows } from '../../../editor/period/month.ts'
import { sayDay, sayFitting as sayFittingRuns } from '../../../editor/run/say-runs.ts'
import { sayConnection, sayHealth, sayRun, sayRunState } from '../../../editor/words.ts'
import { flowView, runView } from '../support/scene.ts'

test('a flow that is off is off, whatever happened to its last run', () => {
  const flow = flowView(1, { enabled: false, paused: { code: 'LOGIN_REFUSED', message: 'Signed out.' } })
  expect(sayHealth(flow, 'owner').word).toBe('Off')
})

test('a flow that stopped itself needs somebody', () => {
  expect(sayHealth(flowView(1, { paused: { code: 'LOGIN_REFUSED', message: 'Signed out.' } }), 'client').word).toBe(
    'Needs you',
  )
})

test('a failed run is for the team, and a client reads that the team has it', () => {
  const failed = flowView(1, { lastRun: { id: 'x', state: 'failed', reason: null, createdAt: '', endedAt: null } })
  expect(sayHealth(failed, 'client').word).toBe('We’re on it')
  expect(sayHealth(failed, 'consultant').word).toBe('Needs you')
})

test('a flow on with a good last run is working', () => {
  expect(sayHealth(flowView(1), 'owner')).toEqual({ tone: 'ok', word: 'Working' })
})

test('a connection is not called ready while its last test failed', () => {
  const finding = (ok: boolean) => ({ title: 'Orders', ok, detail: '' })
  const word = (state: 'new' | 'ready' | 'sign-in-needed', ...found: boolean[]) =>
    sayConnection({ state, findings: found.length === 0 ? null : found.map(finding) }).word
  expect([word('ready'), word('new'), word('ready', true)]).toEqual(['Ready', 'Not tested yet', 'Ready'])
  expect([word('new', false), word('ready', false, true)]).toEqual(['Test failed', 'Works in part'])
  expect(word('sign-in-needed', false)).toBe('Needs sign-in')
})

test('a run says in one sentence what it did', () => {
  expect(sayRun(runView(1, { state: 'running', counts: {}, batches: 0 }))).toBe('At work on its first batch.')
  expect(sayRun(runView(1, { counts: { read: 50_000, calls: 3 } }))).toBe('Read 50,000 records.')
  expect(sayRun(runView(1, { counts: { read: 0, calls: 1 } }))).toBe('Nothing new to do.')
  expect(sayRun(runView(1, { dry: true, counts: { read: 170, sent: 325, unchanged: 76 } }))).toBe(
    'Read 170 records, would send 325 items, would leave 76 items as they were.',
  )
  expect(sayRun(runView(1, { state: 'partly', counts: { read: 12, exceptions: 1 } }))).toBe(
    'Read 12 records; 1 record set aside as an exception.',
  )
})

test('a run that waits or failed gives the server’s own reason', () => {
  expect(sayRun(runView(1, { state: 'waiting', reason: 'Waits for Xero until 14:03.' }))).toBe(
    'Waits for Xero until 14:03.',
  )
  expect(sayRun(runView(1, { state: 'failed', reason: null }))).toBe(
    'Stopped by an error; what was settled before stays.',
  )
})

test('a run that was asked to stop says so until it has', () => {
  expect(sayRunState({ state: 'running', cancelRequested: true }).word).toBe('Cancelling')
  expect(sayRunState({ state: 'cancelled', cancelRequested: true }).word).toBe('Cancelled')
})

test('a month over all flows agrees, differs, or was not checked; what was set aside keeps it from agreeing', () => {
  const flow = (documents?: { different?: number; missing?: number }, setAside = 0): PeriodView['flows'][number] => ({
    ...{ flow: { id: '', name: 'Orders' }, reads: [], latest: null, signOff: null, changed: null },
    check: documents
      ? {
          ...{ run: '', state: 'succeeded', reason: null, evidence: null, at: '', endedAt: null, by: null },
          ...{ agrees: false, old: false, setAside },
          totals: { documents: { agree: 5, different: 0, missing: 0, extra: 0, ...documents }, sums: [] },
        }
      : null,
  })
  const say = (...flows: PeriodView['flows']) =>
    sayAllFlows({ period: '2026-10', from: '2026-10-01', to: '2026-11-01', over: true, flows, totals: [] })
  expect(say()).toBe('')
  expect(say(flow())).toBe('October 2026 is not checked yet.')
  expect(say(flow({}))).toBe('October 2026 agrees.')
  expect(say(flow({}), flow())).toBe('October 2026 agrees as far as it is checked.')
  expect(say(flow({}), flow({ different: 1 }))).toBe('October 2026: 1 document differs.')
  expect(say(flow({ different: 1, missing: 2 }))).toBe('October 2026: 3 documents differ.')
  expect(say(flow({}, 2))).toBe('October 2026: 2 records could not come through.')
})

test('pages begin with an answer, right for one, for many and for none', () => {
  const hour = (runs: number, failed: number) => ({ at: '', runs, failed, partly: 0, waitedSeconds: null })
  const day = (runs: number, failed: number, waits = 0) =>
    sayDay({
      hours: [hour(0, 0), hour(runs, failed)],
      // Only what it reads of a group.
      groups: waits === 0 ? [] : [{ state: 'paused', count: waits } as Now['groups'][number]],
      more: false,
    })
  expect(day(41, 3, 2)).toBe('3 of 41 runs of the last 24 hours failed; 2 wait for a person.')
  expect(day(41, 0)).toBe('None of 41 runs of the last 24 hours failed.')
  expect(day(1, 1)).toBe('The only run of the last 24 hours failed.')
  expect(day(0, 0, 1)).toBe('No run in the last 24 hours; 1 waits for a person.')
  const runs = (next: string | null, ...states: RunState[]) =>
    sayFittingRuns({ pages: [{ items: states.map((state, n) => runView(n, { state })), next }] })
  expect(runs(null)).toBe('No run fits.')
  expect(runs(null, 'failed')).toBe('1 run fits; all failed.')
  expect(runs(null, 'failed', 'succeeded')).toBe('2 runs fit; 1 failed.')
  expect(runs('x', 'failed', 'failed')).toBe('More than 2 runs fit; 2 of the newest 2 failed.')
  const looked = { count: 100_000, back: '2026-11-01T08:00:00.000Z' }
  expect(sayFittingRuns({ pages: [{ items: [], next: 'x', looked }] })).toBe('No run found so far.')
  expect(sayFittingRuns({ pages: [{ items: [runView(1, { state: 'failed' })], next: 'x', looked }] })).toBe(
    '1 run found so far; 1 of the newest 1 failed.',
  )
  expect(sayOpen({ open: 0, mine: 0, snoozed: 0 })).toBe('No record waits: what was set aside has been seen to.')
  expect(sayOpen({ open: 12, mine: 3, snoozed: 1 })).toBe('12 records wait to be seen to; 3 are yours, 1 is put aside.')
  expect(sayAlerts([{ items: [], next: null }], true)).toBe('Nothing is wrong, as far as the rules watch.')
  expect(sayAlerts([{ items: [], next: null }], false)).toBe('Nothing is watched: there is no rule that is on.')
})

test('the headline of a client’s home counts what the cards say', () => {
  const need = (yours: boolean) => ({ yours }) as Automation['needs'][number]
  const fine = { health: 'working' as const, needs: [], reports: [] }
  const theirs = { ...fine, needs: [need(false)] }
  const failed = { ...fine, health: 'on-it' as const }
  expect(sayAll([fine, fine])).toBe('All 2 automations are working.')
  // Records that others see to: a card says “we’re on it”, and the headline counts it.
  expect([theirs, failed].map(standingOf)).toEqual(['on-it', 'on-it'])
  expect(sayAll([theirs, failed, fine])).toBe('We’re on 2.')
  expect(sayAll([{ ...fine, needs: [need(true), need(false)] }, theirs])).toBe('1 of 2 needs you, we’re on one.')
})

test('an action of the audit log is said in words, known or new; what is none of ours is said as it is', () => {
  expect(sayAction('flow.publish')).toBe('Published a flow')
  expect(sayAction('two-factor.turn-over')).toBe('Turn over: two factor')
  for (const text of [
    '',
    'flow',
    'flow.',
    '.publish',
    'flow.publish.now',
    'constructor.publish ',
    'Flow.publish',
    '<b>a.b</b>',
  ])
    expect(sayAction(text)).toBe(text)
})

test('an operation is said by its system and its name; what is none of ours keeps all of its letters', () => {
  expect(sayOperation('xero.list-invoices')).toBe('Xero: list invoices')
  expect(sayOperation('map')).toBe('Map')
  expect(sayOperation('<b>x.y</b>')).toBe('<b>x.y</b>')
  expect(sayOperation('a.b.c')).toBe('A.b.c')
  expect(sayOperation('')).toBe('')
})
