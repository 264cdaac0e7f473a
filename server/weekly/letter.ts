import { visibleLine } from '../../connectors/kit/visible-text.ts'
import { separatorsOf } from '../contract/number-format.ts'
import type { Automation, Health, Need } from '../contract/automations.ts'

/** Counting ends there. */
export const MOST_DOUBTS = 1000

export type About = {
  /** Whom it is to. */
  readonly name: string
  /** As they want them written; absent: 1,234.5. */
  readonly numbers?: string | null | undefined
  readonly workspace: { readonly id: string; readonly name: string }
  readonly automations: readonly Automation[]
  /** Items sent of which it is not known whether they arrived, counted up to MOST_DOUBTS. */
  readonly doubts: number
  /** Where people open the product. */
  readonly url: string
  /** Stops this letter, without signing in. Absent: one that was asked for by hand, and comes this once. */
  readonly stop?: string
}

const HEALTH: { readonly [health in Health]: string } = {
  working: 'Working',
  'needs-you': 'Needs you',
  'on-it': 'We’re on it',
  off: 'Off',
}

/**
 * The week of a workspace in plain words. No content of records, and no words of other systems: they may hold some. Names
 * stand in one line: none begins a line that would be read as ours.
 */
export function weeklyLetter(about: About): { readonly subject: string; readonly text: string } {
  const { name, workspace, automations, doubts, url, stop } = about
  const at = `${url}/w/${workspace.id}`
  const needs = automations.flatMap((one) =>
    one.needs
      .filter(({ yours }) => yours)
      .map((need) => `– ${visibleLine(`${one.name}: ${sayNeed(need)}`)}\n  ${placeOf(at, one, need)}`),
  )
  const told = automations.filter(({ health, week }) => ATTENTION.has(health) || week.read > 0 || week.sent > 0)
  const count = countsIn(about.numbers)
  const headline = sayAll(automations, needs.length > 0, doubts, count)
  const quiet = 'Nothing moved in the last seven days.'
  const parts = [
    `Hello ${visibleLine(name)},`,
    told.length === 0 && needs.length === 0 ? `${headline} ${quiet}` : headline,
    ...(needs.length > 0 ? [`What needs you\n${needs.join('\n')}`] : []),
    ...(told.length > 0 ? [`The last seven days\n${told.map((one) => sayOne(one, count)).join('\n')}`] : []),
    ...sayChecked(at, automations, doubts, count),
    `Your automations: ${at}/home`,
    stop === undefined
      ? `You asked for this one just now. Have it every Monday, or not: ${at}/account#weekly`
      : `You get this on Mondays because you asked for it. Stop it: ${stop}\nWhat else you get: ${at}/account#weekly`,
  ]
  return { subject: visibleLine(`${workspace.name}: ${headline}`).slice(0, 150), text: `${parts.join('\n\n')}\n` }
}

/** Told of even when nothing moved. */
const ATTENTION = new Set<Health>(['needs-you', 'on-it'])

function sayAll(automations: readonly Automation[], needed: boolean, doubts: number, count: Count): string {
  const on = automations.filter(({ health }) => health !== 'off')
  const yours = automations.filter(({ needs, health }) => health === 'needs-you' || needs.some((need) => need.yours))
  const mended = on.filter(({ health }) => health === 'on-it').length
  if (needed || yours.length > 0) {
    return `${yours.length} of ${count(automations.length, 'automation')} need${yours.length === 1 ? 's' : ''} you.`
  }
  if (mended > 0)
    return `We’re on it: ${mended} of ${count(on.length, 'automation')} ${is(mended)} not as it should be.`
  if (doubts > 0)
    return `Of ${countDoubts(doubts, count)} it is not known whether ${doubts === 1 ? 'it' : 'they'} arrived.`
  if (on.length === 0) return automations.length === 0 ? 'Nothing is set up yet.' : 'No automation is on.'
  return on.length === 1
    ? 'All is well: your automation is working.'
    : `All is well: all ${on.length} automations are working.`
}

/** What is known of the end of all that was sent: the other system's answer to each item. */
function sayChecked(at: string, automations: readonly Automation[], doubts: number, count: Count): readonly string[] {
  if (doubts > 0) {
    return [
      `Checked: of ${countDoubts(doubts, count)} it is not known whether ${doubts === 1 ? 'it' : 'they'} arrived. Nothing is sent twice meanwhile.\n${at}/unknown`,
    ]
  }
  if (automations.every(({ week }) => week.sent === 0)) return []
  return ['Checked: the other systems have answered for every item that was sent.']
}

const countDoubts = (doubts: number, count: Count) =>
  doubts >= MOST_DOUBTS ? `${count(MOST_DOUBTS, 'item')} or more` : count(doubts, 'item')

const is = (number: number) => (number === 1 ? 'is' : 'are')

function sayOne({ name, sentence, health, week }: Automation, count: Count): string {
  const moved = `${count(week.read, 'record')} read, ${count(week.sent, 'item')} sent`
  return `– ${visibleLine(`${name}: ${HEALTH[health]}. ${moved}. ${sentence}`)}`
}

function sayNeed({ kind, message }: Need): string {
  switch (kind) {
    case 'connection':
      return 'A connection has to be signed in to again. Nothing was lost: what changes meanwhile is sent afterwards.'
    case 'stopped':
      return 'It stopped itself. Turn it on again when what it says is put right.'
    case 'stayed-off':
      return 'It was to turn on by itself, and stayed off.'
    // These are words of ours, with names of connections and settings.
    case 'ending':
    case 'answers':
    case 'exceptions':
      return message
    default:
      return kind satisfies never
  }
}

/** Where it is done. */
function placeOf(at: string, { flow }: Automation, { kind, connection }: Need): string {
  if ((kind === 'connection' || kind === 'ending') && connection !== null) return `${at}/connections/${connection}`
  if (kind === 'answers') return `${at}/flows/${flow}?tab=settings`
  if (kind === 'exceptions') return `${at}/exceptions?flow=${flow}&state=open`
  return `${at}/home`
}

type Count = (number: number, one: string) => string
const countsIn =
  (numbers: string | null | undefined): Count =>
  (number, one) =>
    `${String(number).replace(/\B(?=(\d{3})+$)/g, separatorsOf(numbers ?? undefined).group)} ${one}${number === 1 ? '' : 's'}`
