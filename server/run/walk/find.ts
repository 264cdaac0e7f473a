import type { Context, DataRecord, ReadOperation } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import { attempt, type Tally } from '../call/attempt.ts'
import type { Rejected } from '../batch/batch.ts'
import { failpoint } from '../call/failpoint.ts'
import { flawedAmong, without } from './flawed.ts'

/** Field of the records that enter a read: the key of what it is to find. */
export const KEY_FIELD = 'key'

/** What enters a read again: by the key under which it can be found, or as it stands. */
export async function readAgain(
  operation: ReadOperation,
  name: string,
  context: Context<never>,
  tally: Tally,
  asked: readonly DataRecord[],
): Promise<{ readonly out: readonly DataRecord[]; readonly rejected: readonly Rejected[] }> {
  const { byKey = [], alone = [] } = Object.groupBy(asked, (record) =>
    operation.single && Object.hasOwn(record, KEY_FIELD) ? 'byKey' : 'alone',
  )
  const found = byKey.length > 0 ? await findSingles(operation, name, context, tally, byKey) : NOTHING
  const judged = alone.map((record) => ({ record, now: judge(operation, context, record) }))
  return {
    out: [...found.out, ...judged.flatMap(({ now }) => ('record' in now ? [now.record] : []))],
    rejected: [
      ...found.rejected,
      ...judged.flatMap(({ record, now }) =>
        'record' in now ? [] : [{ record, code: now.code, message: now.message }],
      ),
    ],
  }
}

const NOTHING = { out: [], rejected: [] }

/** A record that no key finds: a person may have put it right, or the settings may read it now. */
function judge(operation: ReadOperation, context: Context<never>, record: DataRecord) {
  if (operation.again) return operation.again(context.settings, record)
  return operation.flaw?.(record) ?? { record }
}

/** Reads single records by business key. A key that finds nothing is rejected; what two keys find leaves once. */
async function findSingles(
  operation: ReadOperation,
  name: string,
  context: Context<never>,
  tally: Tally,
  asked: readonly DataRecord[],
): Promise<{ readonly out: readonly DataRecord[]; readonly rejected: readonly Rejected[] }> {
  const { single } = operation
  if (!single) throw new StepError('CONFIG_INVALID', `“${name}” cannot read single records.`)
  const keys = [...new Set(asked.map((record) => String(record[KEY_FIELD] ?? '')))]
  await failpoint('walk.find:before')
  const found = await attempt(tally, context.signal, () => single.find(context, keys))
  await failpoint('walk.find:after')
  const rejected = asked.flatMap((record): Rejected[] => {
    const key = String(record[KEY_FIELD] ?? '')
    if ((found.get(key) ?? []).length > 0) return []
    return [
      {
        record,
        code: 'NOT_FOUND',
        message: `“${name}” knows nothing by the key “${key}” (${single.title}).`,
        businessKey: key,
      },
    ]
  })
  const all = [...new Set(keys.flatMap((key) => found.get(key) ?? []))]
  const askedFor = (record: DataRecord) =>
    asked.find((one) => found.get(String(one[KEY_FIELD] ?? ''))?.includes(record))
  // An exception that is tried again and finds the flaw once more is the same exception.
  const flawed = flawedAmong(operation, all).map((one) => ({ ...one, asked: askedFor(one.found) }))
  return { out: without(all, flawed), rejected: [...rejected, ...flawed] }
}
