import type { Transaction } from 'kysely'
import type { LoginKind } from '../../connectors/kit/connector.ts'
import { sayWhySetAside } from '../../connectors/kit/exception-words.ts'
import { maskedWords } from '../../connectors/kit/personal-words.ts'
import { daysLeft, signInEnd } from '../../connectors/kit/sign-in-end.ts'
import {
  endingTokens,
  failedFlows,
  openExceptions,
  openNotices,
  silentFlows,
  type WatchedConnection,
  watchedConnections,
} from '../store/alert/alert-causes.ts'
import type { AlertRule } from '../store/alert/alert-rules.ts'
import type { Cause } from '../store/alert/alerts.ts'
import type { Database } from '../store/database/schema.ts'
import { type UnusedConnection, unusedConnections } from '../store/connection/unused-connections.ts'
import { listed, missing, nothingNew, sayDay, type Words } from './sentence.ts'

type Tx = Transaction<Database>

/** What causes are worded with beyond what the database has. */
export type Surroundings = {
  readonly words: Words
  /** The kind of sign-in of a connection. */
  kindOf(connector: string, login: string): LoginKind | undefined
  /** Calls of today that a connection has used, and may; undefined where no day is counted. */
  usage(workspace: string, connection: string): Promise<{ readonly used: number; readonly most: number } | undefined>
}

const SEVERITIES = ['critical', 'warning', 'info'] as const

/** What a rule finds now, each cause once. */
export async function causesOf(
  tx: Tx,
  around: Surroundings,
  workspace: string,
  rule: AlertRule,
  now: Date,
): Promise<readonly Cause[]> {
  const { watch, flow, zone } = rule
  const say = (watched: Parameters<typeof missing>[0]) => missing(watched, around.words, zone, now)
  switch (watch.kind) {
    case 'failure':
      return failures(await failedFlows(tx, workspace, flow), say)
    case 'silence':
      return (await silentFlows(tx, workspace, flow, watch.of, watch.minutes)).map((silent) => ({
        ...{ key: `silence/${watch.of}/${silent.id}`, severity: 'warning' as const, flow: silent.id },
        // Only where nothing has run is anything missing over there.
        sentence: watch.of === 'runs' ? say(silent) : nothingNew(silent, around.words, sayMinutes(watch.minutes)),
        detail: `“${silent.name}” ${SILENCE[watch.of]} for ${sayMinutes(watch.minutes)}.`,
      }))
    case 'exceptions':
      return (await openExceptions(tx, workspace, flow, watch.atLeast, watch.desk)).map((one) => ({
        ...{ key: `exceptions/${one.flow}/${one.desk}`, severity: 'warning' as const, flow: one.flow },
        // Without the numbers that change with every record: the sentence is told once.
        sentence: `Records of “${one.name}” have not gone through and wait for ${DESKS[one.desk]}.`,
        detail: `${one.count} open${one.stake.length > 0 ? `, ${listed(one.stake)} at stake` : ''}: ${one.codes.slice(0, 5).map(sayWhySetAside).join('; ')}.`,
      }))
    case 'budget':
      return budgets(await watchedConnections(tx, workspace), around, workspace, watch.percent)
    case 'expiry':
      return [
        ...endings(await watchedConnections(tx, workspace), around, watch.days, now),
        ...turningOff(await unusedConnections(tx, workspace)),
        ...(await endingTokens(tx, workspace, watch.days)).map(({ id, name, expires }) => ({
          ...{ key: `token/${id}`, severity: 'warning' as const },
          sentence: `Whatever uses the API token “${name}” ${expires > now ? 'is refused from' : 'has been refused since'} ${sayDay(expires.toISOString().slice(0, 10))} on.`,
          detail: 'Make another token and put it in its place.',
        })),
      ]
    case 'notice': {
      const grave = SEVERITIES.slice(0, SEVERITIES.indexOf(watch.severity) + 1)
      return (await openNotices(tx, workspace, flow, grave)).map(({ id, message, severity, flow: told }) => ({
        ...{ key: `notice/${id}`, flow: told, sentence: maskedWords(message), detail: 'Said by the flow itself.' },
        severity: severity === 'critical' ? ('critical' as const) : ('warning' as const),
      }))
    }
    default:
      return watch satisfies never
  }
}

const SILENCE = {
  runs: 'has not run',
  rows: 'has run and found no row',
  progress: 'has run and its place in the source has not moved',
} as const
const DESKS = { finance: 'Finance', marketing: 'Marketing', technical: 'Operations' } as const

/** One trouble often stops many flows: the same code and words are one cause, whatever numbers stand in them. */
function failures(
  flows: Awaited<ReturnType<typeof failedFlows>>,
  say: (flow: (typeof flows)[number]) => string,
): readonly Cause[] {
  const causes = Map.groupBy(
    flows,
    ({ code, reason }) => `failure/${code}/${reason.replace(/\d+/g, '#').slice(0, 300)}`,
  )
  return [...causes].map(([key, stopped]) => ({
    ...{ key, severity: 'critical' as const },
    ...(stopped.length === 1 ? { flow: stopped[0]!.id } : {}),
    sentence: stopped.map(say).slice(0, 5).join(' '),
    detail: `${maskedWords(stopped[0]!.reason)} (${stopped
      .map(({ name }) => `“${name}”`)
      .slice(0, 20)
      .join(', ')})`,
  }))
}

async function budgets(
  connections: readonly WatchedConnection[],
  around: Surroundings,
  workspace: string,
  percent: number,
): Promise<readonly Cause[]> {
  const causes: Cause[] = []
  for (const { id, name, flows } of connections) {
    const usage = await around.usage(workspace, id)
    if (!usage || usage.used * 100 < usage.most * percent) continue
    const none = usage.used >= usage.most
    const waiting = flows.length > 0 ? `: ${quoted(flows)} ${flows.length === 1 ? 'waits' : 'wait'}` : ''
    causes.push({
      ...{ key: `budget/${id}`, severity: none ? 'critical' : 'warning', connection: id },
      sentence: none
        ? `“${name}” has no calls left today${waiting}.`
        : `“${name}” has used ${percent} % of its daily calls${flows.length > 0 ? `; without calls ${stopping(flows)}` : ''}.`,
      detail: `${usage.used} of ${usage.most} calls.`,
    })
  }
  return causes
}

const endings = (connections: readonly WatchedConnection[], around: Surroundings, days: number, now: Date): Cause[] =>
  connections.flatMap(({ id, name, connector, login, flows, ...known }) => {
    const ends = signInEnd(around.kindOf(connector, login), known)
    if (!ends || daysLeft(ends.on, now.getTime()) > days) return []
    return [
      {
        ...{ key: `sign-in/${id}`, severity: 'critical' as const, connection: id },
        sentence:
          daysLeft(ends.on, now.getTime()) > 0
            ? `After ${sayDay(ends.on)} “${name}” cannot sign in${flows.length > 0 ? `, and ${stopping(flows)}` : ''}.`
            : `The sign-in of “${name}” ended on ${sayDay(ends.on)}${flows.length > 0 ? `; ${stopping(flows)}` : ''}.`,
        detail: ends.instead,
      },
    ]
  })

/** “Orders” stops; “Orders” and “Contacts” stop. */
const stopping = (flows: readonly string[]) => `${quoted(flows)} ${flows.length === 1 ? 'stops' : 'stop'}`

/** Said as soon as it is announced, two weeks ahead, however few days the rule asks about. */
const turningOff = (unused: readonly UnusedConnection[]): Cause[] =>
  unused.flatMap(({ id, name, idle, off_on: on }) =>
    on === null
      ? []
      : [
          {
            ...{ key: `unused/${id}`, severity: 'warning' as const, connection: id },
            sentence: `“${name}” is turned off on ${sayDay(on)}: nothing has used it since ${sayDay(idle)}.`,
            detail: 'If it is still needed, open it and keep it. Otherwise remove it there.',
          },
        ],
  )

const quoted = (flows: readonly string[]) => listed(flows.slice(0, 10).map((name) => `“${name}”`))

const sayMinutes = (minutes: number) =>
  minutes % 1440 === 0
    ? count(minutes / 1440, 'day')
    : minutes % 60 === 0
      ? count(minutes / 60, 'hour')
      : count(minutes, 'minute')
const count = (number: number, one: string) => `${number} ${one}${number === 1 ? '' : 's'}`
