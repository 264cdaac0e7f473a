import { Type } from 'typebox'
import { type Cursor, defineRead } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { type Fields, fieldsOf, textOf } from '../../kit/fields.ts'
import { call } from '../client/client.ts'
import { SegmentId } from '../field/keys.ts'
import { segmentCountFlaw } from '../read/shapes.ts'

const permissions = ['segment.run']

/**
 * Starts a run of the segment and waits until it is done. The run's name is the cursor of an empty page, so that a
 * crash in between does not start another: Emarsys runs one at a time.
 */
export async function* runOf(
  context: Parameters<typeof call>[0],
  segmentId: string,
  from: Cursor | undefined,
): AsyncGenerator<{ readonly records: readonly []; readonly cursor: Cursor }, Fields> {
  const doing = 'run a segment'
  let run = textOf(from?.run)
  if (run === '') {
    const started = await call(context, {
      method: 'POST',
      path: `/filter/${segmentId}/runs`,
      json: {},
      doing,
      permissions,
    })
    run = textOf(fieldsOf(started).run_id) || textOf(fieldsOf(started).id)
    if (run === '') throw new StepError('REPLY_UNREADABLE', 'Emarsys did not name the run of the segment.')
    yield { records: [], cursor: { run } }
  }
  const path = `/filter/runs/${encodeURIComponent(run)}`
  const { status, result } = fieldsOf(await call(context, { method: 'GET', path, doing, permissions }))
  if (status === 'done') return fieldsOf(result)
  if (status === 'error' || status === 'failed') {
    throw new StepError('CONFIG_INVALID', `Emarsys could not evaluate segment ${segmentId}. Look at it in Emarsys.`)
  }
  throw new StepError('STILL_WORKING', `Emarsys is still evaluating segment ${segmentId}.`, { retryAfterMs: 2000 })
}

export const runSegment = defineRead({
  name: 'run-segment',
  title: 'Count a segment',
  summary: 'Evaluates a segment: one record with how many people are in it, and on which contact list they stand.',
  synonyms: ['evaluate segment', 'audience size', 'filter', 'how many'],
  settings: Type.Object({ segmentId: SegmentId }, { additionalProperties: false }),
  permissions,
  incremental: false,
  flaw: segmentCountFlaw,
  async *read(context, from) {
    if (from?.done === true) return
    const { segmentId } = context.settings
    const result = yield* runOf(context, segmentId, from)
    yield { records: [{ segment: segmentId, ...countsOf(result) }], cursor: { done: true } }
  },
})

const countsOf = (result: Fields) => ({
  contact_list_id: textOf(result.contact_list_id),
  user_count: countOf(result.user_count),
  opt_in_count: countOf(result.opt_in_count),
})

/** A count as a number; what is none stays what it is, and is no 0. */
const countOf = (value: unknown): unknown => (/^[0-9]+$/.test(textOf(value)) ? Number(textOf(value)) : value)
