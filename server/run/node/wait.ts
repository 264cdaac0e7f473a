import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Rejected } from '../batch/batch.ts'
import { dueTime, type WaitSettings } from './due-time.ts'
import { failpoint } from '../call/failpoint.ts'
import type { KeptWait } from '../journal/node-memory.ts'
import type { PureStep } from './pure-step.ts'

/** Records of one flow that wait at the same time, at all of its nodes. */
export const MOST_WAITING = 100_000

/**
 * Lets records through whose time has come, and keeps the others in the transaction that settles the batch. They leave
 * in a later run, which begins at this node.
 */
export const wait: PureStep = async ({ parts, batch, planned: { node } }, inputs) => {
  const settings = node.settings as WaitSettings // checked when the flow was planned
  const records = inputs.get('in') ?? []
  const now = Date.now()
  const out: DataRecord[] = []
  const rejected: Rejected[] = []
  const waits: KeptWait[] = []
  for (const record of records) {
    const due = dueTime(settings, record, now)
    if (typeof due === 'string') rejected.push({ record, code: 'INVALID_INPUT', message: due })
    else if (due <= now) out.push(record)
    else waits.push({ node: node.id, record, cameAt: new Date(now), dueAt: new Date(due) })
  }
  let room = 0
  if (waits.length > 0) {
    await failpoint('wait.kept:before')
    room = MOST_WAITING - batch.memory.waiting - (await parts.journal.memory.waiting(MOST_WAITING))
    await failpoint('wait.kept:after')
  }
  const kept = waits.slice(0, Math.max(0, room))
  for (const one of kept) batch.memory.keepWaiting(one)
  for (const { record } of waits.slice(kept.length)) {
    const message = `${MOST_WAITING.toLocaleString('en')} records of this flow wait already. Cancel some of them or let some come out, then try this one again.`
    rejected.push({ record, code: 'WAITING_FULL', message })
  }
  return { ports: { out }, rejected, counts: { waiting: kept.length }, each: 'in' }
}
