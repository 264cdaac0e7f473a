import type { OperationInfo } from '../../server/flow/catalog.ts'

/** What a write does to the other system, and what happens when an answer is lost: said before it is switched on. */
export function sayEffect(info: OperationInfo): { readonly title: string; readonly text: string } | undefined {
  switch (info.effect) {
    case 'upsert':
      return {
        title: 'Safe to send again',
        text: 'What arrives twice changes nothing: the same key is written over. If an answer is lost, it is sent again.',
      }
    case 'keyed':
      return {
        title: 'Sent once, by its key',
        text: 'Each carries a key of its own. If an answer is lost, it is sent again with the same key, and the other system leaves out the second.',
      }
    case 'unsafe':
      return {
        title: 'Cannot be taken back: sent once',
        text: 'Each is sent once. If the answer is lost, we show it under “Did it arrive?” and never send it again by ourselves.',
      }
    case undefined:
      return undefined
  }
}

const POLICIES: { readonly [policy: string]: string } = {
  difference: 'Sends only what changed since the last time, and takes back what is no longer so.',
  once: 'Sends each key once, whatever changes later.',
  always: 'Sends every time.',
}

export const sayPolicy = (policy: string): string => POLICIES[policy] ?? policy
