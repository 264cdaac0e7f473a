import type { RecordEvent } from '../../contract/search.ts'
import type { Catalog } from '../../flow/catalog/catalog.ts'
import type { Role } from '../../store/database/schema.ts'
import { maskedKey, maskedWords } from '../view/mask.ts'
import type { EffectRow, EventRow, FoundException, ReadRow } from '../../store/trace/records.ts'

/** The name of a node in the version that ran. */
export type NodeNames = (flow: string | null, version: number | null, node: string) => string | null

type Place = Pick<ReadRow, 'flow_id' | 'flow_name' | 'version' | 'run_id' | 'batch' | 'node_id'>

const placeOf = (row: Place, names: NodeNames) => ({
  flow: flowOf(row),
  version: row.version,
  run: row.run_id,
  batch: row.batch,
  node: row.node_id,
  nodeName: names(row.flow_id, row.version, row.node_id),
  exception: null,
})

const flowOf = ({ flow_id, flow_name }: Pick<Place, 'flow_id' | 'flow_name'>) =>
  flow_id === null || flow_name === null ? null : { id: flow_id, name: flow_name }

const quoted = (text: string) => `“${text}”`
const ofFlow = (name: string | null) => (name === null ? 'a flow that is gone' : `flow ${quoted(name)}`)

export function readEvent(row: ReadRow, names: NodeNames): RecordEvent {
  const place = placeOf(row, names)
  const at = quoted(place.nodeName ?? row.node_id)
  return {
    at: row.at.toISOString(),
    what: 'read',
    sentence: `Left ${at} in batch ${row.batch + 1} of a run of ${ofFlow(row.flow_name)}.`,
    ...place,
  }
}

export function effectEvent(row: EffectRow, names: NodeNames, catalog: Catalog, role: Role | undefined): RecordEvent {
  const what = whatOf(row)
  const to = `${row.connection === null ? 'a connection that is gone' : quoted(row.connection)} (${catalog.get(row.operation)?.title ?? row.operation})`
  const many = row.rows ? `, ${row.items} ${row.items === 1 ? 'row' : 'rows'}` : ''
  const by = `by a run of ${ofFlow(row.flow_name)}, as ${quoted(maskedKey(row.document, role))}${many}`
  const said = row.message === null ? '' : ` ${maskedWords(row.message)}`
  const sentences = {
    sent: `Sent to ${to} ${by}: confirmed.`,
    reversed: `Reversed in ${to} ${by}: confirmed.`,
    rejected: `Refused by ${to}: sent ${by}.${said}`,
    unknown:
      row.state === 'sent'
        ? `On its way to ${to} ${by}: no answer yet.`
        : `Sent to ${to} ${by}: nobody knows whether it arrived.${said}`,
  }
  return { at: row.at.toISOString(), what, sentence: sentences[what], ...placeOf(row, names) }
}

/** An effect that a later one has undone was sent all the same. */
function whatOf({ state, kind }: EffectRow): 'sent' | 'reversed' | 'rejected' | 'unknown' {
  switch (state) {
    case 'confirmed':
    case 'answered':
    case 'reversed':
      return kind === 'r' ? 'reversed' : 'sent'
    case 'rejected':
    case 'refused':
      return 'rejected'
    default:
      return 'unknown'
  }
}

/** How an exception began and, where it has, how it ended. */
export function exceptionEvents(row: FoundException, names: NodeNames): RecordEvent[] {
  const place = { ...placeOf(row, names), exception: row.id }
  const at = quoted(place.nodeName ?? row.node_id)
  const began: RecordEvent = {
    at: row.at.toISOString(),
    what: 'exception',
    sentence: `Set aside at ${at} of ${ofFlow(row.flow_name)} (${row.code}): ${maskedWords(row.message)}`,
    ...place,
  }
  if (row.resolved_at === null) return [began]
  const who = row.resolved_by === null ? '' : ` by ${row.resolved_by}`
  const how = row.resolution === null ? '.' : `: ${row.resolution}`
  const sentence = `The exception at ${at} was ${row.state === 'dismissed' ? 'dismissed' : 'resolved'}${who}${how}`
  return [{ at: row.resolved_at.toISOString(), what: 'resolved', sentence, ...place }, began]
}

export function hookEvent(row: EventRow, role: Role | undefined): RecordEvent {
  const again = row.repeats === 0 ? '' : ` It came ${row.repeats} more ${row.repeats === 1 ? 'time' : 'times'}.`
  return {
    at: row.at.toISOString(),
    what: 'event',
    sentence: `An event ${quoted(maskedKey(row.key, role))} came in at ${quoted(row.node_name)} of ${ofFlow(row.flow_name)}.${again}`,
    flow: flowOf(row),
    version: row.version,
    run: row.run_id,
    batch: null,
    node: row.node_id,
    nodeName: row.node_name,
    exception: null,
  }
}
