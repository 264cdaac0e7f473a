import { daysLeft, signInEnd } from '../../../connectors/kit/sign-in-end.ts'
import type { Connector } from '../../../connectors/kit/connector.ts'
import { ENDS_SOON_DAYS } from '../../contract/connections.ts'
import { NAMED_FLOWS, type NowGroup } from '../../contract/now.ts'
import type { GroupRow } from '../../store/exception/exception-groups.ts'
import type { undeliveredMessages } from '../../store/alert/alert-messages.ts'
import type { FailedCause } from '../../store/exception/failed-causes.ts'
import type {
  ConnectionInUse,
  missedTimes,
  openReports,
  refusingHooks,
  stoppedFlows,
} from '../../store/exception/needing.ts'
import type { WaitingRun } from '../../store/run/waiting-causes.ts'
import { maskedWords } from '../view/mask.ts'
import type { UnusedConnection } from '../../store/connection/unused-connections.ts'
import { nextAction } from '../view/next-action.ts'
import { iso } from '../view/views.ts'

// Rows of the store as groups of what needs somebody.

type Rows<F extends (...given: never[]) => Promise<readonly unknown[]>> = Awaited<ReturnType<F>>
type Flow = { readonly id: string; readonly name: string }

const NOTHING: Omit<NowGroup, 'kind' | 'tone' | 'message' | 'count' | 'flows' | 'flowCount'> = {
  ...{ code: null, nextAction: null, money: [], firstAt: null, lastAt: null },
  ...{ fault: null, state: null, node: null, desk: 'technical', connection: null, hook: null, run: null },
  ...{ step: null, owners: [], unowned: null, paused: [] },
}
/** Whoever waits for longer is worth a look, in milliseconds. */
const LONG_WAIT_MS = 300_000

const touching = (flows: readonly Flow[]) => ({
  flows: flows.slice(0, NAMED_FLOWS).map(({ id, name }) => ({ id, name })),
  flowCount: flows.length,
})

export const failedGroups = (causes: readonly FailedCause[]): NowGroup[] =>
  causes.map((one) => ({
    ...NOTHING,
    kind: 'failed',
    tone: one.on ? 'red' : 'amber',
    message: maskedWords(one.reason ?? 'It failed without a reason.'),
    code: one.code,
    nextAction: nextAction('failed', one.code),
    count: one.count,
    firstAt: one.first_at.toISOString(),
    lastAt: one.last_at.toISOString(),
    flows: [...one.flows],
    flowCount: one.flow_count,
    fault: one.fault,
    state: 'failed',
    step: one.step,
    owners: one.owner ? [{ ...one.owner, count: one.count }] : [],
    unowned: one.owner ? 0 : one.count,
    run: one.count === 1 ? one.run : null,
  }))

/** Flows that stopped themselves, by code; those whose failed run is shown already are left out. */
export function stoppedGroups(flows: Rows<typeof stoppedFlows>, failed: readonly FailedCause[]): NowGroup[] {
  const shown = new Set(failed.flatMap(({ code, flows }) => flows.map(({ id }) => `${code} ${id}`)))
  const others = flows.filter(({ id, code }) => !shown.has(`${code} ${id}`))
  return [...Map.groupBy(others, ({ code, message }) => `${code} ${message}`).values()].map((same) => ({
    ...NOTHING,
    kind: 'stopped',
    tone: 'red',
    message: same[0]!.message === '' ? 'It stopped itself.' : maskedWords(same[0]!.message),
    code: same[0]!.code,
    nextAction: same[0]!.code === 'STAYED_OFF' ? 'Settle that, then turn it on.' : nextAction('failed', same[0]!.code),
    count: same.length,
    ...spanOf(same.map(({ since }) => since)),
    ...touching(same),
  }))
}

export const exceptionGroups = (groups: readonly GroupRow[]): NowGroup[] =>
  groups.map((row) => ({
    ...NOTHING,
    kind: 'exceptions',
    tone: 'amber',
    message: maskedWords(row.message),
    code: row.code,
    nextAction: nextAction('failed', row.code),
    count: row.count,
    money: [...row.money],
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    flows: [{ id: row.flow_id, name: row.flow_name }],
    flowCount: 1,
    node: row.node_id,
    fault: row.fault,
    desk: row.desk,
    step: row.step,
    owners: [...row.owners],
    unowned: row.unowned,
  }))

/** Runs that wait, by why: the reason without the ids, days and times in it. */
export function waitingGroups(runs: readonly WaitingRun[], now: number): NowGroup[] {
  const reason = ({ state, why }: WaitingRun) => `${state} ${why.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, '#')}`
  return [...Map.groupBy(runs, reason).values()].map((same) => {
    const [oldest, newest] = [same[0]!, same.at(-1)!]
    const flows = [...new Map(same.map((run) => [run.flow_id, { id: run.flow_id, name: run.flow_name }])).values()]
    const late = now - oldest.created_at.getTime() > LONG_WAIT_MS
    const paused = oldest.state === 'paused'
    return {
      ...NOTHING,
      kind: 'waiting' as const,
      tone: oldest.why.startsWith('No worker') ? 'red' : paused || (late && oldest.due) ? 'amber' : 'info',
      message: maskedWords(oldest.why),
      code: oldest.code,
      nextAction: nextAction(oldest.state, oldest.code),
      count: same.length,
      firstAt: oldest.created_at.toISOString(),
      lastAt: newest.created_at.toISOString(),
      ...touching(flows),
      state: oldest.state,
      run: same.length === 1 ? oldest.id : null,
      paused: paused ? same.map(({ id }) => id) : [],
    } satisfies NowGroup
  })
}

/** Connections that need a sign-in, and those whose sign-in ends within two weeks. */
export function connectionGroups(
  rows: readonly ConnectionInUse[],
  connectors: readonly Connector[],
  now: number,
): NowGroup[] {
  return rows.flatMap((row): NowGroup[] => {
    const flows = touching(row.flows)
    const group = { ...NOTHING, kind: 'connection' as const, count: 1, ...flows, connection: row.id }
    if (row.state === 'sign-in-needed') {
      return [
        {
          ...group,
          tone: row.on > 0 ? 'red' : 'amber',
          message: `“${row.name}”: ${maskedWords(row.message ?? 'it has to be signed in to again.')}`,
          code: 'LOGIN_REFUSED',
          nextAction: 'Open the connection and sign in again. What changes meanwhile is sent afterwards.',
          firstAt: row.updated_at.toISOString(),
          lastAt: row.updated_at.toISOString(),
        },
      ]
    }
    const kind = connectors.find(({ name }) => name === row.connector)?.logins.find(({ name }) => name === row.login)
    const end = signInEnd(kind, { validUntil: row.valid_until, tokensEnd: row.tokens_expire_at })
    if (row.on === 0 || !end || daysLeft(end.on, now) > ENDS_SOON_DAYS) return []
    const left = daysLeft(end.on, now)
    const when = left <= 0 ? 'has ended' : `ends after ${end.on}`
    return [
      {
        ...group,
        tone: left <= 0 ? 'red' : 'amber',
        message: `The sign-in of “${row.name}” ${when}. ${end.why}`,
        nextAction: end.instead,
      },
    ]
  })
}

/** Connections that nothing has used for long: those that will be turned off, and those that a flow may need some day. */
export const unusedGroups = (rows: readonly UnusedConnection[]): NowGroup[] =>
  rows.map((row) => ({
    ...NOTHING,
    kind: 'connection',
    tone: row.off_on === null ? 'info' : 'amber',
    message:
      row.off_on === null
        ? `Nothing has used “${row.name}” since ${row.idle}, and flows that are on are bound to it. It stays on.`
        : `“${row.name}” is turned off on ${row.off_on}: nothing has used it since ${row.idle}.`,
    nextAction:
      row.off_on === null
        ? 'Ask whether these flows are still needed; if not, switch them off.'
        : 'If it is still needed, open it and keep it. Otherwise remove it there.',
    count: 1,
    ...touching(row.flows),
    connection: row.id,
  }))

export const hookGroups = (rows: Rows<typeof refusingHooks>): NowGroup[] =>
  rows.map((row) => ({
    ...NOTHING,
    kind: 'hook',
    tone: 'amber',
    message: `The hook “${row.node_name}” refused events of the last 24 hours: their sender was not proven, or they came too fast or too large.`,
    nextAction:
      'Compare the secret with the sender’s. If none of your systems sends these events, a stranger is trying the address.',
    count: row.count,
    // Counted by the hour.
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    flows: [{ id: row.flow_id, name: row.flow_name }],
    flowCount: 1,
    hook: row.id,
  }))

export function scheduleGroups(rows: Rows<typeof missedTimes>): NowGroup[] {
  const groups = [true, false].map((late) => rows.filter((row) => row.late === late))
  return groups.flatMap((same, at): NowGroup[] => {
    if (same.length === 0) return []
    const late = at === 0
    return [
      {
        ...NOTHING,
        kind: 'schedule',
        tone: late ? 'red' : 'amber',
        message: late
          ? 'Due times are more than five minutes old, and nobody has started a run for them.'
          : 'Due times of the last 24 hours passed without a run: no worker was running, or too many were waiting.',
        nextAction: late
          ? 'See on the health page whether a worker is running.'
          : 'A flow that reads what changed needs nothing: its next run reads that too. For any other, back-fill the days.',
        count: same.reduce((sum, { count }) => sum + count, 0),
        ...spanOf(same.flatMap(({ first_at: first, last_at: last }) => [first, last])),
        ...touching(same),
      },
    ]
  })
}

export const reportGroups = (rows: Rows<typeof openReports>): NowGroup[] =>
  rows.map((row) => ({
    ...NOTHING,
    kind: 'report',
    tone: 'amber',
    message: `Somebody says that something looks wrong: “${row.words}”`,
    nextAction: 'Look at its runs of that time, then answer.',
    count: row.count,
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    flows: [{ id: row.id, name: row.name }],
    flowCount: 1,
  }))

/** Somebody was to be told of something, and was not. */
export const messageGroups = (rows: Rows<typeof undeliveredMessages>): NowGroup[] =>
  rows.map((row) => ({
    ...NOTHING,
    kind: 'message',
    tone: 'amber',
    message: `Alerts over ${row.name === null ? 'a connection that is gone' : `“${row.name}”`} ${row.given_up ? 'did not arrive, or may not have' : 'do not arrive'}. ${maskedWords(row.error)}`,
    nextAction: row.given_up
      ? 'See among the messages of alerts who was not told. Put the address or the connection right, and send a test message from the rule.'
      : 'They are tried again. If it does not pass, put the address or the connection right, and send a test message from the rule.',
    count: row.count,
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    ...touching([]),
    connection: row.connection,
  }))

function spanOf(times: readonly (Date | null)[]): { firstAt: string | null; lastAt: string | null } {
  const known = times.filter((at) => at !== null).sort((a, b) => a.getTime() - b.getTime())
  return { firstAt: iso(known[0] ?? null), lastAt: iso(known.at(-1) ?? null) }
}
