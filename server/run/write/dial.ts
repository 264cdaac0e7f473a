import { randomUUID } from 'node:crypto'
import type { WriteItem } from '../../../connectors/kit/connector.ts'
import { failpoint } from '../call/failpoint.ts'
import { halves, MOST_REFUSALS, type Patience } from './halves.ts'
import type { EffectMark, LedgerRow, NewCall, NewEffect } from '../journal/journal.ts'
import type { Payload } from './payloads.ts'
import { type Answer, type Sending, send } from '../call/send.ts'
import { add, refuse, sentRecord, type Tallied } from './tallied.ts'
import type { WriteWork } from './write.ts'

/** One thing to send: the item, its effect, and the payload behind it. */
export type Planned = {
  readonly item: WriteItem
  /** Its position follows from the call. */
  readonly effect: NewEffect
  readonly payload: Payload
  /** The ledger row that counts as reversed once this is confirmed. */
  readonly undone?: LedgerRow | undefined
}

type Answered = Exclude<Answer, { state: 'open' }>

/**
 * Writes calls and effects down, then makes the calls one by one, each answer committed before the next.
 * @throws KeyTaken before anything was dialled.
 */
export async function dial(
  work: WriteWork,
  target: number,
  planned: readonly (readonly Planned[])[],
  forget: readonly { target: number; document: string; part: string }[],
  tallied: Tallied,
): Promise<void> {
  if (planned.length === 0) return
  const generation = await tokenOf(work)
  // The first one is dialled at once: its “sent” is committed together with its effects.
  const calls = planned.map((items, index) => newCall(work, target, items, index === 0, generation))
  await failpoint('ledger.open:before')
  await work.ledger.open(
    planned.map((items, index) => ({ call: calls[index]!, effects: effectsOf(items) })),
    forget,
  )
  await failpoint('ledger.open:after')
  for (const [index, items] of planned.entries()) {
    if (index > 0) await announce(work, calls[index]!.id)
    await make(work, target, calls[index]!.id, items, tallied, { refusals: MOST_REFUSALS })
  }
}

/** Number of the login token, where the key of a call belongs to it. */
const tokenOf = async (work: WriteWork) => (work.dry ? undefined : work.again?.generation())

function newCall(
  work: WriteWork,
  target: number,
  items: readonly Planned[],
  first: boolean,
  generation: number | undefined,
): NewCall {
  return {
    id: randomUUID(),
    target,
    node: work.node,
    batch: work.batch.number,
    state: first ? 'sent' : 'intended',
    items: items.length,
    values: items.map((one) => one.item.value),
    ...(first ? { generation } : {}),
  }
}

const effectsOf = (items: readonly Planned[]) => items.map(({ effect }, position) => ({ ...effect, position }))

/** intended → sent. What is not dialled yet stays undialled when the run is to stop. */
async function announce(work: WriteWork, call: string): Promise<void> {
  work.context.signal.throwIfAborted()
  const generation = await tokenOf(work)
  await failpoint('ledger.send:before')
  await work.ledger.send(call, generation)
  await failpoint('ledger.send:after')
}

/** Makes a call that the ledger knows as sent, and keeps its answer; refused as a whole, it is halved. */
async function make(
  work: WriteWork,
  target: number,
  call: string,
  items: readonly Planned[],
  tallied: Tallied,
  patience: Patience,
): Promise<void> {
  const answer = await sendOrRefuse(work, target, call, items)
  if (answer.state === 'refused' && patience.refusals > 0) {
    patience.refusals -= 1
    // Rows of one document stay together: half a document is worse than none.
    const split = halves(items, (one) => one.payload)
    if (split) {
      const generation = await tokenOf(work)
      const calls = split.map((half, index) => newCall(work, target, half, index === 0, generation))
      await failpoint('ledger.replace:before')
      await work.ledger.replace(
        call,
        `Refused as a whole, so it was sent again in two halves. ${answer.message ?? ''}`.trim(),
        split.map((half, index) => ({ call: calls[index]!, effects: effectsOf(half) })),
      )
      await failpoint('ledger.replace:after')
      for (const [index, half] of split.entries()) {
        if (index > 0) await announce(work, calls[index]!.id)
        await make(work, target, calls[index]!.id, half, tallied, patience)
      }
      return
    }
  }
  await keep(work, target, call, items, answer, tallied)
}

async function keep(
  work: WriteWork,
  target: number,
  call: string,
  items: readonly Planned[],
  answer: Answered,
  tallied: Tallied,
): Promise<void> {
  const marks: EffectMark[] = []
  for (const [position, outcome] of answer.outcomes.entries()) {
    const { item, effect, payload, undone } = items[position]!
    const place = { document: effect.document, part: effect.part }
    tallied.sent.push(sentRecord(item.key, item.value, outcome))
    if (outcome.status === 'confirmed') {
      add(tallied.counts, effect.kind === 'r' ? 'reversed' : 'sent')
      if (undone) marks.push({ document: undone.document, part: undone.part, state: 'reversed', by: effect.part })
      continue
    }
    if (answer.state === 'answered') marks.push({ ...place, state: outcome.status, message: outcome.message })
    refuse(tallied, payload, outcome, { target, document: effect.document })
  }
  await failpoint('ledger.answer:before')
  await work.ledger.answer(target, call, answer.state, answer.message, marks)
  await failpoint('ledger.answer:after')
  for (const [position, outcome] of answer.outcomes.entries()) {
    if (outcome.status !== 'confirmed') continue
    const { value } = items[position]!.payload
    for (const reference of work.operation.confirms?.(work.settings as never, value) ?? []) {
      work.batch.confirm(work.connection, reference)
    }
  }
}

/** A call that fails for the whole run did not arrive: the ledger says so before the run stops. */
async function sendOrRefuse(
  work: WriteWork,
  target: number,
  call: string,
  items: readonly Planned[],
): Promise<Answered> {
  let answer: Answer
  try {
    answer = await send(sendingOf(work, call, items))
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The call failed.'
    await failpoint('ledger.answer:before')
    await work.ledger.answer(target, call, 'refused', message, [])
    await failpoint('ledger.answer:after')
    throw error
  }
  // Whoever takes the run up next makes the call again, or looks for it.
  if (answer.state === 'open') throw answer.error
  return answer
}

function sendingOf(work: WriteWork, call: string, items: readonly Planned[]): Sending {
  return {
    operation: work.operation,
    context: work.context,
    items: items.map((one) => one.item),
    call,
    tally: work.tally,
    exchanges: work.exchanges,
    again: work.again,
    dry: work.dry,
    repeat: (withinMs) => work.ledger.repeat(call, withinMs),
  }
}
