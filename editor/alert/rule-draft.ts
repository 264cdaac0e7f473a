import type { AlertRecipient, AlertRuleRequest, AlertRuleView, AlertWatch } from '../../server/contract/alerts.ts'
import { preferredZone } from '../format/preferred.ts'

/** A rule as it is being filled in: everything is text until it is sent. */
export type RuleDraft = {
  readonly name: string
  readonly kind: AlertWatch['kind']
  /** What the kind asks for; those of other kinds stay, so that a change of mind loses nothing. */
  readonly of: 'runs' | 'rows' | 'progress'
  readonly minutes: string
  readonly atLeast: string
  readonly desk: string
  readonly percent: string
  readonly days: string
  readonly severity: 'info' | 'warning' | 'critical'
  readonly flow: string
  readonly recipients: readonly Told[]
  readonly escalateAfter: string
  readonly escalateTo: readonly Told[]
  readonly quietFrom: string
  readonly quietTo: string
  readonly digest: string
  readonly zone: string
  readonly enabled: boolean
}
export type Told = { readonly connection: string; readonly address: string }

const told = (recipients: readonly AlertRecipient[]): Told[] =>
  recipients.map(({ connection, address = '' }) => ({ connection, address }))

export function draftOf(rule: AlertRuleView | null): RuleDraft {
  const watch = rule?.watch
  const number = (value: number | undefined, instead: number) => String(value ?? instead)
  return {
    name: rule?.name ?? '',
    kind: watch?.kind ?? 'failure',
    of: watch?.kind === 'silence' ? watch.of : 'runs',
    minutes: number(watch?.kind === 'silence' ? watch.minutes : undefined, 120),
    atLeast: number(watch?.kind === 'exceptions' ? watch.atLeast : undefined, 1),
    desk: watch?.kind === 'exceptions' ? (watch.desk ?? '') : '',
    percent: number(watch?.kind === 'budget' ? watch.percent : undefined, 80),
    days: number(watch?.kind === 'expiry' ? watch.days : undefined, 14),
    severity: watch?.kind === 'notice' ? watch.severity : 'warning',
    flow: rule?.flow ?? '',
    recipients: told(rule?.recipients ?? []),
    escalateAfter: rule?.escalate ? String(rule.escalate.afterMinutes) : '',
    escalateTo: told(rule?.escalate?.recipients ?? []),
    quietFrom: rule?.quiet?.from ?? '',
    quietTo: rule?.quiet?.to ?? '',
    digest: String(rule?.digestMinutes ?? 0),
    zone: rule?.zone ?? preferredZone(),
    enabled: rule?.enabled ?? true,
  }
}

const WHOLE = /^[0-9]{1,7}$/
const between = (text: string, least: number, most: number) =>
  WHOLE.test(text) && Number(text) >= least && Number(text) <= most

/** The first thing that is missing or out of its bounds; undefined: it can be saved. The server looks again. */
export function lacking(draft: RuleDraft): string | undefined {
  if (draft.name.trim() === '') return 'Give the rule a name.'
  if (draft.kind === 'silence' && !between(draft.minutes, 5, 43_200)) return 'Silence is 5 to 43,200 minutes long.'
  if (draft.kind === 'exceptions' && !between(draft.atLeast, 1, 1_000_000)) return 'Say from how many exceptions on.'
  if (draft.kind === 'budget' && !between(draft.percent, 10, 100)) return 'Say a part from 10 to 100 %.'
  if (draft.kind === 'expiry' && !between(draft.days, 1, 90)) return 'Say 1 to 90 days.'
  if (!between(draft.digest, 0, 1440)) return 'Messages come together within 0 to 1,440 minutes.'
  if ((draft.quietFrom === '') !== (draft.quietTo === '')) return 'Quiet hours need a beginning and an end.'
  if (draft.escalateTo.length > 0 && !between(draft.escalateAfter, 5, 10_080)) {
    return 'Say after how many minutes others are told: 5 to 10,080.'
  }
  if (draft.escalateAfter !== '' && draft.escalateTo.length === 0) return 'Say who is told when nobody takes it on.'
  return undefined
}

export function requestOf(draft: RuleDraft, isMail: (connection: string) => boolean): AlertRuleRequest {
  const to = (recipients: readonly Told[]): AlertRecipient[] =>
    recipients.map(({ connection, address }) =>
      isMail(connection) ? { connection, address: address.trim() } : { connection },
    )
  return {
    name: draft.name.trim(),
    watch: watchOf(draft),
    // These are about connections.
    ...(draft.flow === '' || draft.kind === 'budget' || draft.kind === 'expiry' ? {} : { flow: draft.flow }),
    recipients: to(draft.recipients),
    ...(draft.escalateTo.length === 0
      ? {}
      : { escalate: { afterMinutes: Number(draft.escalateAfter), recipients: to(draft.escalateTo) } }),
    ...(draft.quietFrom === '' ? {} : { quiet: { from: draft.quietFrom, to: draft.quietTo } }),
    digestMinutes: Number(draft.digest),
    zone: draft.zone.trim(),
    enabled: draft.enabled,
  }
}

function watchOf(draft: RuleDraft): AlertWatch {
  switch (draft.kind) {
    case 'failure':
      return { kind: 'failure' }
    case 'silence':
      return { kind: 'silence', of: draft.of, minutes: Number(draft.minutes) }
    case 'exceptions': {
      const desk = (['finance', 'marketing', 'technical'] as const).find((one) => one === draft.desk)
      return { kind: 'exceptions', atLeast: Number(draft.atLeast), ...(desk ? { desk } : {}) }
    }
    case 'budget':
      return { kind: 'budget', percent: Number(draft.percent) }
    case 'expiry':
      return { kind: 'expiry', days: Number(draft.days) }
    case 'notice':
      return { kind: 'notice', severity: draft.severity }
    default:
      return draft.kind satisfies never
  }
}
