import type { ReadOperation } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import { textOf } from '../../../connectors/kit/fields.ts'
import type { Volume, WhatIf } from '../../flow/document/what-if.ts'
import type { AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

/** Days that are counted, up to yesterday: four weeks, so that no weekday weighs more than another. */
const DAYS = 28
/** Pages of one list at most; what they hold says enough. */
const MOST_PAGES = 40
const DAY_MS = 86_400_000

/** How many records of each list a source has a day, and over how many days they were counted. */
export async function countVolume(
  parts: AppParts,
  workspace: string,
  connection: string,
  { counts }: WhatIf,
  now: Date,
  signal: AbortSignal,
): Promise<{ readonly volume: Volume; readonly days: number }> {
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
  const to = dayOf(now.getTime())
  const from = dayOf(Date.parse(to) - DAYS * DAY_MS)
  const volume: { [name: string]: number } = {}
  let days = DAYS
  try {
    const open = await parts.connections.open(workspace, connection)
    for (const { name, operation: id, time } of counts) {
      const operation = readOf(parts, id)
      const settings = defaultsOf(operation)
      let [records, pages, last] = [0, 0, '']
      let whole = true
      for await (const page of operation.window!.read({ ...open.context(signal), settings }, { from, to }, undefined)) {
        records += page.records.length
        for (const record of page.records) if (textOf(record[time]) > last) last = textOf(record[time])
        pages += 1
        if (pages < MOST_PAGES) continue
        whole = false
        break
      }
      // Of a list that was not read to its end, up to its last record.
      const span = whole || last === '' ? DAYS : Math.max(1, Math.ceil((Date.parse(last) - Date.parse(from)) / DAY_MS))
      volume[name] = Math.round((records / span) * 10) / 10
      days = Math.min(days, span)
    }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    throw new ApiProblem('REMOTE_FAILED', `What it has cannot be counted. ${error.message}`)
  }
  return { volume, days }
}

function readOf({ connectors }: AppParts, id: string): ReadOperation {
  const operation = connectors
    .flatMap(({ name, operations }) => operations.map((one) => ({ id: `${name}.${one.name}`, one })))
    .find((each) => each.id === id)?.one
  if (operation?.kind !== 'read' || !operation.window) throw new Error(`${id} cannot be read over some days`)
  return operation
}

/** The settings of a new node; templates name reads that need no others. */
const defaultsOf = ({ settings }: ReadOperation): { [name: string]: unknown } =>
  Object.fromEntries(
    Object.entries(settings.properties).flatMap(([name, schema]) =>
      'default' in schema ? [[name, schema.default] as const] : [],
    ),
  )
