import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { Batch, Rejected } from './batch.ts'
import { except, orderKeyOf } from './identity.ts'
import type { RunParts } from '../journal/parts.ts'

/**
 * Takes records through a node of a flow that keeps order. A record whose key has an open exception there waits behind
 * it; of several records of one key in a batch each goes when the one before it has gone through. `turn` has passed when
 * the batch before has settled: only then is it known what that left open.
 */
export async function inOrder(
  parts: Pick<RunParts, 'journal' | 'ordered' | 'claim' | 'capture'>,
  batch: Batch,
  planned: PlannedNode,
  records: readonly DataRecord[],
  turn: Promise<void>,
  step: (records: DataRecord[]) => Promise<void>,
): Promise<void> {
  await turn
  const open = await parts.journal.openKeys()
  const { id } = planned.node
  for (let left = records; left.length > 0; ) {
    const now: DataRecord[] = []
    const later: DataRecord[] = []
    const held: Rejected[] = []
    const going = new Set<string>()
    for (const record of left) {
      const key = orderKeyOf(record)
      if (key === undefined) {
        now.push(record)
        continue
      }
      const first = open.first(id, key)
      const own = batch.triedAgain(id, record)
      // One that is tried again waits for older ones only: what came after it waits for it.
      const blocked = first !== undefined && (own === undefined || first < own)
      if (blocked || batch.leftOpen(id, key)) held.push(waiting(record, blocked ? first : undefined))
      else if (going.has(key)) later.push(record)
      else {
        going.add(key)
        now.push(record)
      }
    }
    except(parts, batch, planned, held, [])
    if (now.length > 0) await step(now)
    left = later
  }
}

function waiting(record: DataRecord, heldBehind: string | undefined): Rejected {
  return {
    record,
    code: 'HELD_BEHIND',
    message:
      'An earlier record of the same key has an open exception at this step. This one follows by itself when that is closed.',
    heldBehind,
  }
}
