import type { DataRecord } from '../../connectors/kit/connector.ts'
import { type Sent, outgoing } from './outgoing.ts'
import type { Evaluated, StepResult, Stream } from './program.ts'

/** Of the records of one trip, in bytes of JSON: parsed and evaluated they must fit the child's heap. */
const MAX_TRIP = 4 * 1024 * 1024

export type Trip = { readonly sent: Sent; readonly offset: number }

/** Cuts a run that is too large for a child's heap into several trips of equal numbers of records. */
export const tripsOf = (input: {
  readonly records?: readonly DataRecord[] | undefined
  readonly recordsText?: string | Buffer | undefined
}): readonly Trip[] => {
  const whole = outgoing(input)
  const count = Math.ceil(whole.text.length / MAX_TRIP)
  if (count <= 1) return [{ sent: whole, offset: 0 }]
  const records = input.records ?? whole.all()
  const size = Math.max(1, Math.ceil(records.length / count))
  const trips: Trip[] = []
  for (let offset = 0; offset < records.length; offset += size) {
    trips.push({ sent: outgoing({ records: records.slice(offset, offset + size) }), offset })
  }
  return trips
}

const shift = (stream: Stream, offset: number): Stream =>
  offset === 0 ? stream : { records: stream.records, origins: stream.origins.map((origin) => origin + offset) }

const joined = (a: Stream, b: Stream): Stream => ({
  records: [...a.records, ...b.records],
  origins: [...a.origins, ...b.origins],
})

const sum = (a: StepResult['ports'], b: StepResult['ports']): StepResult['ports'] => {
  const ports: { [port: string]: number } = { ...a }
  for (const [port, count] of Object.entries(b)) ports[port] = (ports[port] ?? 0) + count
  return ports
}

/** Adds what a later trip gave, `offset` records further on, to what the earlier ones gave. */
export const addTrip = (before: Evaluated | undefined, trip: Evaluated, offset: number): Evaluated => {
  if (!before) return trip
  return {
    exits: before.exits.map((stream, index) => joined(stream, shift(trip.exits[index]!, offset))),
    steps: before.steps.map((step, index) => {
      const more = trip.steps[index]!
      const { output } = step
      for (const [port, stream] of Object.entries(more.output ?? {})) {
        if (output) Object.assign(output, { [port]: joined(output[port] ?? NOTHING, shift(stream, offset)) })
      }
      return {
        ...step,
        in: step.in + more.in,
        ports: sum(step.ports, more.ports),
        none: step.none + more.none,
        ms: step.ms + more.ms,
        rejections: [...step.rejections, ...more.rejections.map((each) => ({ ...each, origin: each.origin + offset }))],
        ...(output ? { output } : {}),
      }
    }),
  }
}

const NOTHING: Stream = { records: [], origins: [] }
