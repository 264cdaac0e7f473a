import type { DataRecord, Reference, WriteOperation } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import type { Rejected } from '../batch/batch.ts'
import { contentHash } from '../record/content-hash.ts'
import { payloadCheck } from './payload-check.ts'
import type { Stake } from '../record/stake.ts'

/** One thing a record wants to have written, checked and in its final form. */
export class Payload {
  /** Index of the record it came from. */
  readonly origin: number
  readonly value: DataRecord
  readonly key: string
  readonly requires: readonly Reference[]
  /** What people are told of it, worked out when something has to be said. Absent: its key says it all. */
  stake: (() => Stake) | undefined
  #hash: Buffer | undefined

  constructor(origin: number, value: DataRecord, key: string, requires: readonly Reference[]) {
    this.origin = origin
    this.value = value
    this.key = key
    this.requires = requires
  }

  /** For sentences about it. */
  get name(): string {
    return this.stake?.().name ?? this.key
  }

  /** Of its content; taken when first asked for, since many payloads are never compared. */
  get hash(): Buffer {
    this.#hash ??= contentHash(this.value)
    return this.#hash
  }
}

/**
 * Turns what the node's expression yielded into payloads: checked against the operation's schema, normalised, keyed.
 * A record with one bad payload is rejected as a whole, so that nothing of it is sent half.
 */
export function preparePayloads(
  operation: WriteOperation,
  settings: never,
  yielded: readonly { readonly origin: number; readonly value: unknown }[],
  records: readonly DataRecord[],
): { payloads: Payload[]; rejected: Map<number, Rejected> } {
  const check = payloadCheck(operation.payload)
  const payloads: Payload[] = []
  const rejected = new Map<number, Rejected>()
  for (const { origin, value } of yielded) {
    if (rejected.has(origin)) continue
    const reject = (code: string, message: string, remote?: string) =>
      rejected.set(origin, { record: records[origin]!, code, message, remote })
    if (!check.fits(value)) {
      const [first] = check.whole.Errors(value)
      reject(
        'INVALID_INPUT',
        `What to send does not fit “${operation.title}”: ${first ? `${first.instancePath || 'it'} ${first.message}` : 'wrong shape'}.`,
      )
      continue
    }
    try {
      const prepared = operation.prepare(settings, value as DataRecord)
      payloads.push(
        new Payload(
          origin,
          prepared,
          operation.key(settings, prepared),
          operation.requires?.(settings, prepared) ?? [],
        ),
      )
    } catch (error) {
      if (!(error instanceof StepError) || error.reaction !== 'reject') throw error
      reject(error.code, error.message, error.remote)
    }
  }
  return {
    payloads: rejected.size === 0 ? payloads : payloads.filter((payload) => !rejected.has(payload.origin)),
    rejected,
  }
}
