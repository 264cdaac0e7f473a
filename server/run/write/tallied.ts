import type { DataRecord, Outcome } from '../../../connectors/kit/connector.ts'
import type { EffectName, LedgerRow } from '../journal/journal.ts'
import type { Payload } from './payloads.ts'

/** Why a payload's record is rejected. */
export type Verdict = {
  readonly code: string
  readonly message: string
  readonly remote?: string | undefined
  readonly effect?: EffectName
}

/** What a write has done so far: why payloads are refused, what was sent, and how many of each. */
export type Tallied = { verdicts: Map<Payload, Verdict>; sent: DataRecord[]; counts: { [name: string]: number } }

export const newTallied = (): Tallied => ({ verdicts: new Map(), sent: [], counts: {} })

export function add(counts: Tallied['counts'], name: string, more = 1): void {
  counts[name] = (counts[name] ?? 0) + more
}

/** An item for the trace. */
export function sentRecord(key: string, value: DataRecord, outcome: Outcome): DataRecord {
  return outcome.status === 'confirmed'
    ? { key, outcome: outcome.status, value }
    : { key, outcome: outcome.status, message: outcome.message, value }
}

/** `effect` names it in the ledger, where it stands there. */
export function refuse(
  tallied: Tallied,
  payload: Payload,
  outcome: Exclude<Outcome, { status: 'confirmed' }>,
  effect?: EffectName,
): void {
  if (outcome.status === 'unknown') {
    add(tallied.counts, 'unknown')
    tallied.verdicts.set(payload, {
      code: 'OUTCOME_UNKNOWN',
      message: `Nobody can tell whether “${payload.name}” arrived; it is not sent again by itself. ${outcome.message}`,
      ...(effect ? { effect } : {}),
    })
    return
  }
  add(tallied.counts, 'refused')
  tallied.verdicts.set(payload, { code: outcome.code, message: outcome.message, remote: outcome.remote })
}

/** An earlier effect of this key has an open end: nothing more goes out for it until somebody settles that. */
export function hold(tallied: Tallied, payload: Payload, row: LedgerRow, target: number): void {
  if (row.state === 'unknown' || row.ours) {
    add(tallied.counts, 'unknown')
    tallied.verdicts.set(payload, {
      code: 'OUTCOME_UNKNOWN',
      message: `Nobody can tell whether an earlier sending of “${payload.name}” arrived. Nothing more is sent for it until that is settled.`,
      effect: { target, document: payload.key },
    })
    return
  }
  tallied.verdicts.set(payload, busy(payload))
}

export const busy = (payload: Payload): Verdict => ({
  code: 'KEY_BUSY',
  message: `Another run is sending “${payload.name}” at this moment. Send it again later.`,
})
