import type { Code } from '../../../connectors/kit/errors.ts'
import { RESTORED } from '../../store/backup/hold-restored.ts'
import type { RunState } from '../../store/database/schema.ts'

/** What a person should do about each way a step can fail. The runtime's own reactions: connectors/kit/errors.ts. */
const ACTIONS: { readonly [C in Code]: string } = {
  RATE_LIMITED: 'Nothing to do: it goes on when the other system allows more calls.',
  STILL_WORKING: 'Nothing to do: it goes on when the other system is ready.',
  REMOTE_DOWN: 'Wait until the other system answers again, then run the flow again.',
  TIMED_OUT: 'Run the flow again. If it keeps happening, ask the other system’s support.',
  CONNECTION_LOST: 'Run the flow again. If it keeps happening, look at the network between here and the other system.',
  EVALUATOR_LOST: 'Run the flow again. If it keeps happening, give the machine more memory.',
  RECORD_REFUSED: 'Correct the record in its source, following the other system’s words, and run the flow again.',
  INVALID_INPUT: 'Look at the record and at the node’s settings: one of them does not give what the operation takes.',
  NOT_FOUND: 'Create what is missing in the other system, or dismiss the exception.',
  AMBIGUOUS: 'Merge or rename the duplicates so that the key fits one thing only.',
  PERIOD_LOCKED: 'Date it after the lock date named in the reason, or have the period opened, then try it again.',
  TARGET_INACTIVE: 'Use the contact or account that took its place, or make it active again in the other system.',
  CONTACT_MERGED:
    'Merge the two contacts in Emarsys, the one named first into the other. It is looked at again every day, and then closes by itself.',
  CURRENCY_UNKNOWN: 'Add the currency in the other system, or correct the record, then try it again.',
  FIELD_UNEXPECTED:
    'Look at the record in the other system. If it looks right there, its format has changed: report it.',
  CONTACT_NOT_CONFIRMED: 'See why the contact was not accepted; its purchases follow once it is.',
  SUPPRESSED: 'If the person is to stay erased, dismiss it. Otherwise lift the entry in the suppression list first.',
  FIELD_GONE: 'Make the field in Emarsys again, or change the step that names it, and publish.',
  OUTCOME_UNKNOWN: 'Look in the other system whether it arrived. It is never sent again by itself.',
  KEY_BUSY: 'Run the flow again once the other run has ended.',
  SET_ASIDE: 'The flow set it aside; its sentence says why. Settle that, then try it again.',
  EXPRESSION_FAILED: 'Open the node, try the expression on this record, and publish the correction.',
  EXPRESSION_TIMEOUT: 'Make the expression do less for one record.',
  EXPRESSION_MEMORY: 'Make the expression build less for one record.',
  EXPRESSION_OUTPUT_TOO_LARGE: 'Make the expression give fewer or smaller records.',
  UNSAFE_KEY: 'Rename the field: its name has a meaning of its own in programs.',
  LOGIN_REFUSED: 'Open the connection, sign in again, then switch the flow on.',
  PERMISSION_MISSING:
    'Grant the permission named in the reason in the other system, test the connection, then switch the flow on.',
  TENANT_GONE: 'The organisation is no longer reachable with this sign-in. Connect it again, then switch the flow on.',
  CONNECTION_OFF: 'Open the connection, turn it on, then switch the flow on.',
  CONFIG_INVALID: 'Correct the flow or its connection as the reason says, publish, and run it again.',
  REPLY_UNREADABLE:
    'Run the flow again. If it keeps happening, the other system has changed; report it with the run’s id.',
  REPLY_TOO_LARGE: 'Read less at once: narrow the read by its settings.',
  EGRESS_BLOCKED: 'The address is not allowed. Correct the connection’s address, or have it allowed with EGRESS_ALLOW.',
  STOPPED: 'The flow stopped itself; its sentence says why. Settle that, then run it again.',
}

/** The next step of the person who looks at a run or an exception; null when there is none. */
export function nextAction(state: RunState, code: string | null): string | null {
  if (state === 'succeeded' || state === 'running' || state === 'queued') return null
  if (state === 'paused') return 'Let it go on, or cancel it.'
  if (state === 'cancelled') {
    return 'Run it again if the rest is wanted. What a schedule reads, its next run reads from where this one stopped.'
  }
  if (code === RESTORED) {
    return 'See in the other systems how far it had come, then switch it on, from now or with what was missed.'
  }
  if (code === 'SCHEDULE_NEVER') return 'Change the times of its schedule, publish, and switch it on again.'
  if (code === 'POISON') return 'Look at its last step, then run it again. If it is set aside again, report its id.'
  if (code !== null && Object.hasOwn(ACTIONS, code)) {
    // hasOwn has just said that the code is a key of the table.
    return ACTIONS[code as Code]
  }
  if (state === 'partly') return 'Look at the open exceptions of this run.'
  if (state === 'failed') return 'Look at the step that failed. If it makes no sense, report it with the run’s id.'
  return null
}
