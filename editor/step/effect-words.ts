import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'

export type EffectWords = {
  readonly title: string
  /** When one is sent: the policy of the step. */
  readonly when: string
  /** What follows when nobody hears the answer: the class of the operation. */
  readonly text: string
}

/** What a write does to the other system, when it does it, and what follows a lost answer (docs/effects.md). */
export function sayEffect(
  info: OperationInfo,
  settings: { readonly [name: string]: unknown } = {},
): EffectWords | undefined {
  const policy = settings['policy'] ?? info.policies?.[0]
  const when = typeof policy === 'string' ? (POLICIES[policy] ?? '') : ''
  switch (info.effect) {
    case 'upsert':
      return {
        title: 'Safe to send again',
        when,
        text: 'What arrives twice changes nothing: the same key is written over. If an answer is lost, it is sent again.',
      }
    case 'keyed':
      return {
        title: 'Sent once, by its key',
        when,
        text: 'Each carries a key of its own. If an answer is lost, it is sent again with the same key, and the other system leaves out the second.',
      }
    case 'unsafe':
      return {
        title: 'Cannot be taken back: sent once',
        when,
        text: 'If an answer is lost, we show it under “Did it arrive?” and never send it again by ourselves.',
      }
    case undefined:
      return undefined
  }
}

const POLICIES: { readonly [policy: string]: string } = {
  'every-time': 'Each run sends each record that comes here.',
  'once-per-key': 'The first record of a key is sent. Once it has arrived, that key is never sent again.',
  'once-per-key-and-content': 'A record is sent when its key is new or its content has changed; else nothing is sent.',
  difference:
    'Of each document only the rows that are missing are sent, each once; rows that should not be there any more are taken back by a reversal.',
}
