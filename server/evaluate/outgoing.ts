import type { DataRecord } from '../../connectors/kit/connector.ts'
import { type Job, MAX_DEPTH } from './wire.ts'

/** The records of a run on their way to a child, and by index when the child names one. */
export type Sent = {
  readonly text: Buffer
  readonly refused: Job['refused']
  record(index: number): DataRecord
  all(): readonly DataRecord[]
}

const isTooDeep = (value: unknown, depth: number): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if (depth > MAX_DEPTH) return true
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (isTooDeep(value[index], depth + 1)) return true
    return false
  }
  for (const key in value) if (isTooDeep((value as DataRecord)[key], depth + 1)) return true // an object that is not a list
  return false
}

/** Records too deep for JSON.stringify never reach it: an empty one goes in their place, with the reason. */
export const outgoing = (input: {
  readonly records?: readonly DataRecord[] | undefined
  readonly recordsText?: string | Buffer | undefined
}): Sent => {
  const { records, recordsText } = input
  if (recordsText !== undefined) {
    const text = typeof recordsText === 'string' ? Buffer.from(recordsText) : recordsText
    let parsed = records
    const all = (): readonly DataRecord[] => {
      parsed ??= JSON.parse(text.toString('utf8')) as DataRecord[] // the child reads the same text as a list of records
      return parsed
    }
    return { text, refused: [], record: (index) => all()[index]!, all }
  }
  const given = records ?? []
  const refused: Job['refused'][number][] = []
  const safe = given.map((record, origin) => {
    if (!isTooDeep(record, 1)) return record
    refused.push({
      origin,
      failure: {
        code: 'INVALID_INPUT',
        message: `The record has objects and lists more than ${MAX_DEPTH} deep inside one another.`,
      },
    })
    return {}
  })
  const text = Buffer.from(JSON.stringify(safe))
  return { text, refused, record: (index) => given[index]!, all: () => given }
}
