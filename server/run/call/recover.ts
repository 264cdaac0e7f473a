import type { Context, DataRecord, WriteOperation } from '../../../connectors/kit/connector.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { Tally } from './attempt.ts'
import { moneyOf } from '../record/describe.ts'
import { whileHeld } from './connected.ts'
import { failpoint } from './failpoint.ts'
import type { DoubtfulCall, EffectMark, NewException } from '../journal/journal.ts'
import { deskOf } from './judge.ts'
import type { Exchange, RunParts } from '../journal/parts.ts'
import { early, type Found, itemOf, lookForDoubts, probe, settledOf } from './probe.ts'
import { type Again, send } from './send.ts'
import { stakeOf } from '../record/stake.ts'

/**
 * `resume`: the run is taken up; calls that can be made again or looked for are. `rest`: it goes on later, and so do
 * they. `end`: nobody comes back, so that whatever is in doubt is said to be, with an exception.
 */
export type Closing = 'resume' | 'rest' | 'end'

/** Settles calls that a worker left open, in an earlier claim of this run or in this one. */
export async function closeCalls(parts: RunParts, how: Closing = 'end'): Promise<void> {
  await failpoint('ledger.recover:before')
  const open = await parts.ledger.recover((node) => {
    const operation = writeOf(parts, node)?.operation
    if (operation?.effect === 'upsert') return 'repeated'
    return how !== 'end' && operation && (operation.effect === 'keyed' || operation.probe) ? 'ask' : 'unknown'
  })
  await failpoint('ledger.recover:after')
  if (how === 'end') await nameDoubts(parts)
  if (how !== 'resume' || open.length === 0) return
  await failpoint('ledger.doubts:before')
  const doubts = await parts.ledger.doubts(open)
  await failpoint('ledger.doubts:after')
  for (const call of doubts) {
    parts.signal.throwIfAborted()
    await closeCall(parts, call)
  }
}

/** Looks for effects in doubt of the operations this flow writes with, whichever run left them. */
export async function lookAgain(parts: RunParts): Promise<void> {
  for (const planned of parts.plan.nodes.values()) {
    const operation = writeOf(parts, planned.node.id)?.operation
    if (!operation?.probe || operation.effect === 'upsert') continue
    const line = await lineOf(parts, planned, operation)
    const target = await parts.ledger.target(line.connection, planned.node.operation)
    await lookForDoubts(line, parts.ledger, target)
  }
}

/** Every effect that this run leaves in doubt has an exception, also where its record never came to one. */
export async function nameDoubts(parts: Pick<RunParts, 'ledger' | 'plan' | 'operation'>): Promise<void> {
  const { ledger } = parts
  await failpoint('ledger.unnamed:before')
  const calls = await ledger.unnamed()
  await failpoint('ledger.unnamed:after')
  const exceptions = calls.flatMap((call) => {
    const documents = Map.groupBy(call.effects, ({ document }) => document)
    return [...documents].map(([document, effects]) => {
      const values = effects.map(({ value }) => value)
      return { batch: call.batch, exception: doubtOf(parts, call, document, values) }
    })
  })
  // A document that went out in several calls has one exception, by the last of them.
  const latest = new Map(exceptions.map((one) => [JSON.stringify(one.exception.effect), one]))
  if (latest.size > 0) await ledger.except([...latest.values()])
}

function doubtOf(
  parts: Pick<RunParts, 'plan' | 'operation'>,
  { node, target, message }: DoubtfulCall,
  document: string,
  values: readonly DataRecord[],
): NewException {
  const { planned, operation } = writeOf(parts, node) ?? {}
  const record = values.at(-1)!
  const own = moneyOf(record)
  const stake = operation?.difference && stakeOf(operation.difference, planned?.node.settings as never, values)
  const money = stake?.amount === undefined ? own : stake
  const name = stake?.name ?? document
  return {
    node,
    position: 0,
    code: 'OUTCOME_UNKNOWN',
    message: `Nobody can tell whether “${name}” arrived; it is not sent again by itself. ${message ?? ''}`.trim(),
    businessKey: name.slice(0, 200),
    desk: deskOf('OUTCOME_UNKNOWN', own.amount !== undefined),
    amount: money.amount,
    currency: money.currency,
    record,
    effect: { target, document },
  }
}

/** A call that was sent and whose answer nobody heard. */
async function closeCall(parts: RunParts, call: DoubtfulCall): Promise<void> {
  const { planned, operation } = writeOf(parts, call.node) ?? {}
  if (!planned || !operation) throw new Error(`Call ${call.id} belongs to no write node`)
  const line = await lineOf(parts, planned, operation)
  const items = call.effects.map(itemOf)
  if (operation.effect !== 'keyed') {
    const found = await probe(line, items, call.quietMs)
    return keepFound(parts, call, found ?? items.map(() => 'unclear' as const))
  }
  const answer = await send({
    ...line,
    items,
    call: call.id,
    repeat: (withinMs) => parts.ledger.repeat(call.id, withinMs),
    before: { generation: call.generation, quietMs: call.quietMs },
  })
  if (answer.state === 'open') throw answer.error
  if (answer.found) return keepFound(parts, call, answer.found)
  const marks: EffectMark[] = []
  for (const [at, outcome] of answer.outcomes.entries()) {
    const { document, part, reverses } = call.effects[at]!
    if (outcome.status === 'confirmed') {
      if (reverses !== undefined) marks.push({ document, part: reverses, state: 'reversed', by: part })
    } else if (answer.state === 'answered') {
      marks.push({ document, part, state: outcome.status, message: outcome.message })
    }
  }
  await failpoint('ledger.answer:before')
  await parts.ledger.answer(call.target, call.id, answer.state, answer.message, marks)
  await failpoint('ledger.answer:after')
}

async function keepFound(parts: RunParts, call: DoubtfulCall, found: readonly Found[]): Promise<void> {
  // Not there, but too young to be given up: the run goes on when it is old enough.
  if (found.includes('early')) throw early(call.quietMs)
  await failpoint('ledger.found:before')
  await parts.ledger.found(call, settledOf(found))
  await failpoint('ledger.found:after')
}

function writeOf(parts: Pick<RunParts, 'plan' | 'operation'>, node: string) {
  const planned = parts.plan.nodes.get(node)
  if (planned?.info.kind !== 'write') return undefined
  const operation = parts.operation(planned.node.operation)
  return operation.kind === 'write' ? { planned, operation } : undefined
}

/** A write node's way to its system, outside of any batch. */
async function lineOf(parts: RunParts, { node }: PlannedNode, operation: WriteOperation) {
  const { signal, heldUntil } = parts
  const connection = await parts.connection(node.slot!)
  const exchanges: Exchange[] = []
  const tally: Tally = { retries: 0, waitingMs: 0 }
  const context = (only?: Parameters<Again['only']>[0]): Context<never> => ({
    ...connection.context(signal, (one) => exchanges.push(one), only),
    settings: node.settings as never,
  })
  const again: Again = { generation: () => connection.generation(signal), only: whileHeld(context, heldUntil) }
  return { operation, context: again.only(), tally, exchanges, again, connection: connection.id }
}
