import type { Context, DataRecord, LookupOperation } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import { attempt, type Tally } from '../call/attempt.ts'
import type { Batch, Rejected } from '../batch/batch.ts'
import { failpoint } from '../call/failpoint.ts'
import { keyText, readPath } from '../record/field-path.ts'

/** Most records remembered by one look-up node during one run. */
const REMEMBERED = 5_000

/** What a look-up node has found in this run, so that the same customer is not asked for page after page. */
export class Finds {
  readonly #found = new Map<string, DataRecord>()

  get(key: string): DataRecord | undefined {
    return this.#found.get(key)
  }

  put(key: string, record: DataRecord): void {
    if (this.#found.size >= REMEMBERED) {
      const oldest = this.#found.keys().next()
      if (!oldest.done) this.#found.delete(oldest.value)
    }
    this.#found.set(key, record)
  }
}

export type LookupWork = {
  readonly operation: LookupOperation
  readonly connection: string
  readonly settings: { readonly key: string; readonly as: string; readonly [name: string]: unknown }
  readonly context: Context<never>
  readonly batch: Batch
  readonly tally: Tally
  readonly finds: Finds
}

export type LookedUp = {
  readonly out: readonly DataRecord[]
  readonly unmatched: readonly DataRecord[]
  readonly rejected: readonly Rejected[]
}

/** Adds to each record what the remote knows under its key. All keys of a list must be found for it to match. */
export async function lookUp(work: LookupWork, records: readonly DataRecord[]): Promise<LookedUp> {
  const { settings, operation, finds } = work
  const keysOf = records.map((record) => {
    const value = readPath(record, settings.key)
    return Array.isArray(value) ? { list: true, keys: value.map(keyText) } : { list: false, keys: [keyText(value)] }
  })
  const asked = new Set<string>()
  for (const { keys } of keysOf) for (const key of keys) if (key !== undefined && !finds.get(key)) asked.add(key)

  const here = new Map<string, DataRecord>()
  const refused = new Map<string, StepError>()
  const all = [...asked]
  for (let from = 0; from < all.length; from += operation.maxBatch) {
    await find(work, all.slice(from, from + operation.maxBatch), here, refused)
  }
  for (const [key, record] of here) finds.put(key, record)

  const out: DataRecord[] = []
  const unmatched: DataRecord[] = []
  const rejected: Rejected[] = []
  for (const [index, record] of records.entries()) {
    const { list, keys } = keysOf[index]!
    const error = keys.map((key) => (key === undefined ? undefined : refused.get(key))).find((one) => one !== undefined)
    if (error) {
      rejected.push({ record, code: error.code, message: error.message, remote: error.remote })
      continue
    }
    const found = keys.map((key) => (key === undefined ? undefined : (here.get(key) ?? finds.get(key))))
    if (found.some((one) => one === undefined) || (found.length === 0 && !list)) {
      unmatched.push(record)
      continue
    }
    const refusal = refusalOf(work, record, found)
    if (refusal) rejected.push({ record, ...refusal })
    else out.push({ ...record, [settings.as]: list ? found : found[0] })
  }
  return { out, unmatched, rejected }
}

function refusalOf({ operation, settings }: LookupWork, record: DataRecord, found: readonly unknown[]) {
  if (!operation.refuse) return undefined
  for (const one of found) {
    // None is missing here: the record would be unmatched.
    const refusal = operation.refuse(settings as never, record, one as DataRecord)
    if (refusal) return refusal
  }
  return undefined
}

async function find(
  work: LookupWork,
  keys: readonly string[],
  found: Map<string, DataRecord>,
  refused: Map<string, StepError>,
): Promise<void> {
  try {
    await failpoint('look-up.find:before')
    const answer = await attempt(work.tally, work.context.signal, () => work.operation.find(work.context, keys))
    await failpoint('look-up.find:after')
    for (const [key, record] of answer) {
      found.set(key, record)
      for (const reference of work.operation.confirms?.(work.settings as never, key, record) ?? []) {
        work.batch.confirm(work.connection, reference)
      }
    }
  } catch (error) {
    if (!(error instanceof StepError) || error.reaction !== 'reject') throw error
    // One bad key must not cost its neighbours: halve until it stands alone.
    if (keys.length === 1) {
      refused.set(keys[0]!, error)
      return
    }
    const middle = Math.ceil(keys.length / 2)
    await find(work, keys.slice(0, middle), found, refused)
    await find(work, keys.slice(middle), found, refused)
  }
}
