import type { AlertList, AlertMessageView, AlertRuleView, AlertView, AlertWatch } from '../../server/contract/alerts.ts'
import { countOf, sayCount } from '../format/number.ts'
import { DESK_WORDS, type Worded } from '../words.ts'

export const ALERT_WORDS: { readonly [severity in AlertView['severity']]: Worded } = {
  warning: { tone: 'partly', word: 'Warning' },
  critical: { tone: 'failed', word: 'Critical' },
}

export const MESSAGE_WORDS: { readonly [state in AlertMessageView['state']]: Worded } = {
  waiting: { tone: 'waiting', word: 'Waits' },
  sending: { tone: 'running', word: 'Being sent' },
  sent: { tone: 'ok', word: 'Sent' },
  failed: { tone: 'failed', word: 'Not sent' },
  unknown: { tone: 'partly', word: 'May have arrived' },
  dropped: { tone: 'skipped', word: 'Not needed any more' },
}

export const KIND_WORDS: { readonly [kind in AlertMessageView['kind']]: string } = {
  open: 'Something is wrong',
  resolve: 'It is over',
  escalation: 'Nobody took it on',
  test: 'Test',
}

export const WATCH_WORDS: { readonly [kind in AlertWatch['kind']]: string } = {
  failure: 'A flow fails or stops',
  silence: 'A flow is silent',
  exceptions: 'Exceptions are open',
  budget: 'Calls of a day run out',
  expiry: 'A sign-in or token ends',
  notice: 'A flow says something',
}

const SILENCE = { runs: 'no run', rows: 'runs without rows', progress: 'its place in the source stands still' } as const

/** What a rule watches for, in a phrase. */
export function sayWatch(watch: AlertWatch): string {
  switch (watch.kind) {
    case 'failure':
      return 'A run failed, or a flow stopped and waits for a person'
    case 'silence':
      return `For ${countOf(watch.minutes, 'minute')}: ${SILENCE[watch.of]}`
    case 'exceptions':
      return `At least ${countOf(watch.atLeast, 'exception')} open${watch.desk ? ` for ${DESK_WORDS[watch.desk]}` : ''}`
    case 'budget':
      return `${watch.percent} % of a connection’s daily calls are used`
    case 'expiry':
      return `A sign-in or an API token ends within ${countOf(watch.days, 'day')}`
    case 'notice':
      return `The step “Notify” said something: ${watch.severity} or worse`
    default:
      return watch satisfies never
  }
}

/** When messages of a rule come, where that differs from at once. */
export function sayTiming({ quiet, digestMinutes, escalate, zone }: AlertRuleView): string {
  return [
    digestMinutes > 0 ? `together every ${countOf(digestMinutes, 'minute')}` : '',
    quiet ? `quiet from ${quiet.from} to ${quiet.to}, ${zone}` : '',
    escalate ? `others after ${countOf(escalate.afterMinutes, 'minute')}` : '',
  ]
    .filter((part) => part !== '')
    .join(', ')
}

/** What the page begins with: “3 alerts are open; nobody has taken on 2.” Of what has been read of those that are open. */
export function sayAlerts(pages: readonly AlertList[], watching: boolean): string {
  const open = pages.flatMap(({ items }) => items)
  if (open.length === 0)
    return watching
      ? 'Nothing is wrong, as far as the rules watch.'
      : 'Nothing is watched: there is no rule that is on.'
  const many = pages.at(-1)?.next === null ? '' : 'More than '
  const what = `${many}${countOf(open.length, 'alert')} ${open.length === 1 && many === '' ? 'is' : 'are'} open`
  const of = many === '' ? '' : ` of the newest ${sayCount(open.length)}`
  const free = open.filter(({ acknowledgedAt: at }) => at === null).length
  if (free === 0) return `${what}; somebody looks after ${open.length === 1 ? 'it' : 'each'}${of}.`
  return `${what}; nobody has taken on ${free === open.length && of === '' ? (free === 1 ? 'it' : 'any') : sayCount(free)}${of}.`
}
