import type { Now, NowGroup } from '../../server/contract/now.ts'
import { countOf, sayCount } from '../format/number.ts'
import type { Worded } from '../words.ts'

export const KIND_WORDS: { readonly [kind in NowGroup['kind']]: Worded } = {
  failed: { tone: 'failed', word: 'Runs failed' },
  stopped: { tone: 'failed', word: 'Flow stopped' },
  exceptions: { tone: 'partly', word: 'Exceptions' },
  waiting: { tone: 'waiting', word: 'Runs wait' },
  connection: { tone: 'person', word: 'Connection' },
  hook: { tone: 'partly', word: 'Events refused' },
  schedule: { tone: 'partly', word: 'Missed times' },
  report: { tone: 'person', word: 'Reported' },
  message: { tone: 'partly', word: 'Alerts not delivered' },
}

const UNITS: { readonly [kind in NowGroup['kind']]: readonly [one: string, many?: string] } = {
  failed: ['run'],
  stopped: ['flow'],
  exceptions: ['record'],
  waiting: ['run'],
  connection: ['connection'],
  hook: ['event'],
  schedule: ['time'],
  report: ['report'],
  message: ['message'],
}

export const sayHowMany = ({ kind, count }: Pick<NowGroup, 'kind' | 'count'>): string => countOf(count, ...UNITS[kind])

export const TONES: readonly { readonly tone: NowGroup['tone']; readonly title: string; readonly note: string }[] = [
  { tone: 'red', title: 'Stands still', note: 'Nothing of it goes on before somebody does something.' },
  { tone: 'amber', title: 'Waits for a person', note: 'The rest goes on meanwhile.' },
  { tone: 'info', title: 'Goes on by itself', note: 'Nobody has to do anything.' },
]

/** “2 causes stand still, 3 wait for a person. 3,912 runs in 24 hours, 4 failed.” `approvals`: requests that whoever looks decides. */
export function sayNow(now: Pick<Now, 'groups' | 'hours'>, approvals = 0): string {
  const of = (tone: NowGroup['tone']) => now.groups.filter((group) => group.tone === tone).length
  const [red, amber] = [of('red'), of('amber')]
  const needs = [
    ...(red > 0 ? [`${countOf(red, 'cause')} ${red === 1 ? 'stands' : 'stand'} still`] : []),
    ...(amber > 0
      ? [`${red > 0 ? sayCount(amber) : countOf(amber, 'cause')} ${amber === 1 ? 'waits' : 'wait'} for a person`]
      : []),
    ...(approvals > 0
      ? [`${countOf(approvals, 'request')} ${approvals === 1 ? 'waits' : 'wait'} for your approval`]
      : []),
  ]
  return `${needs.length === 0 ? 'Nothing needs anybody' : needs.join(', ')}. ${sayDay(now)}`
}

/** “3,912 runs in 24 hours, none failed.” */
export function sayDay({ hours }: Pick<Now, 'hours'>): string {
  const sum = (of: 'runs' | 'failed' | 'partly') => hours.reduce((total, hour) => total + hour[of], 0)
  const [runs, failed] = [sum('runs'), sum('failed')]
  if (runs === 0) return 'No run in 24 hours.'
  return `${countOf(runs, 'run')} in 24 hours, ${failed === 0 ? 'none failed' : `${sayCount(failed)} failed`}.`
}
