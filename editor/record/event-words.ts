import type { RecordEvent } from '../../server/contract/search.ts'
import type { Worded } from '../words.ts'

/** What happened to a record, in a word. */
export const EVENT_WORDS: { readonly [what in RecordEvent['what']]: Worded } = {
  read: { tone: 'skipped', word: 'Read' },
  sent: { tone: 'ok', word: 'Sent' },
  reversed: { tone: 'recovered', word: 'Reversed' },
  rejected: { tone: 'failed', word: 'Refused' },
  unknown: { tone: 'partly', word: 'In doubt' },
  exception: { tone: 'partly', word: 'Set aside' },
  resolved: { tone: 'ok', word: 'Resolved' },
  event: { tone: 'waiting', word: 'Announced' },
}
