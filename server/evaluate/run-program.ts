import { performance } from 'node:perf_hooks'
import { failureOf } from './failures.ts'
import { run } from './jsonata.ts'
import { inputFailure, plainCopy } from './plain.ts'
import type { Failure, Program } from './program.ts'
import { type Evaluate, type Item, RefusedJob, limits, prepareStep } from './steps.ts'
import { AFTERWARDS, type Job, type Spot } from './wire.ts'

/** After so many killed evaluations of one step in one run, its other records are set aside untried. */
const MAX_TIMEOUTS = 20
/** Of all that a run gives, as JSON text: the children have little memory. */
const MAX_RUN_OUTPUT = 32 * 1024 * 1024

/** Records that one record may become at all steps together: branches that meet again double it each time. */
const MOST_OF_ONE = 300_000

type Prepared = { readonly program: Program; readonly steps: readonly Evaluate[] }

const REJECTED = 'rejected'

/** Expressions of one program by key. A child serves one workspace, so keys need not name it. */
const prepared = new Map<string, Prepared>()
const MAX_PREPARED = 200

/** The host thought that this child knows a program, but it was dropped to save memory. */
export class ForgottenProgram extends Error {}

/** Compiles a program once. Throws RefusedJob or ForgottenProgram. */
const prepare = (hash: string, program: Program | undefined): Prepared => {
  const known = prepared.get(hash)
  if (known) return known
  if (!program) throw new ForgottenProgram()
  const steps = program.steps.map((step, index) => {
    for (const { steps: next } of Object.values(step.ports)) {
      if (next.some((to) => to <= index || to >= program.steps.length)) {
        throw new RefusedJob(`A port of node ${step.id} does not lead to a step further down the program.`)
      }
    }
    return prepareStep(step, program.given)
  })
  if (prepared.size >= MAX_PREPARED) prepared.clear()
  const entry = { program, steps }
  prepared.set(hash, entry)
  return entry
}

/** Records as JSON text, on their way out. */
type Sink = { text: string; origin: number }[]

const sinkJson = (sink: Sink): string =>
  `{"records":[${sink.map(({ text }) => text).join(',')}],"origins":[${sink.map(({ origin }) => origin).join(',')}]}`

/** Carries out a program over the records. Answers the JSON text of a WireResult. Throws RefusedJob or ForgottenProgram. */
export const runProgram = (job: Job, records: readonly unknown[], progress: (spot: Spot) => void): string => {
  const refused = new Map(job.refused.map(({ origin, failure }) => [origin, failure]))
  const overgrown = new Set<number>()
  const result = pass(job, records, progress, refused, overgrown)
  if (overgrown.size === 0) return result
  // Once more without those, so that nothing of them leaves in part.
  for (const origin of overgrown) refused.set(origin, tooMany())
  return pass(job, records, progress, refused, new Set())
}

/** `overgrown` gets the records of which too many were made; what they gave is not whole. */
const pass = (
  job: Job,
  records: readonly unknown[],
  progress: (spot: Spot) => void,
  refused: ReadonlyMap<number, Failure>,
  overgrown: Set<number>,
): string => {
  const made = new Uint32Array(records.length)
  const { program, steps } = prepare(job.hash ?? '', job.program)
  run.now = job.now
  run.seed = job.seed
  limits.deadlineMs = job.deadlineMs
  limits.maxOutputBytes = job.maxOutputBytes
  const skip = new Map(job.skip.map(({ spot, code }) => [spot.join(' '), code]))
  const exits = Array.from({ length: program.exits }, (): Sink => [])
  const inbox: Item[][] = steps.map(() => [])
  const fedBy = steps.map(() => 0)
  for (const root of program.roots) {
    fedBy[root] = 1
    inbox[root] = records.map((value, origin) => ({ value: value as object, origin, root: true })) // checked below, at the root step
  }
  const roots = new Set(program.roots)
  for (const step of program.steps) {
    for (const { steps: next } of Object.values(step.ports)) for (const to of next) fedBy[to] = (fedBy[to] ?? 0) + 1
  }
  let room = MAX_RUN_OUTPUT
  const results: string[] = []

  for (const [number, { kind, work }] of steps.entries()) {
    const started = performance.now()
    const { id, ports } = program.steps[number]!
    const items = inbox[number]!
    inbox[number] = [] // let go of the records as soon as they have been through
    // Records that came by several ways stand in the order of the run again.
    if ((fedBy[number] ?? 0) > 1) items.sort((a, b) => a.origin - b.origin)
    const counts: { [port: string]: number } = Object.create(null)
    const captured = new Map<string, Sink>()
    const rejections: string[] = []
    let none = 0
    let timeouts = 0
    let ordinal = 0
    let last = -1

    const send = (port: string, value: object, origin: number, root: boolean, text: string): void => {
      const to = ports[port]
      counts[port] = (counts[port] ?? 0) + 1
      if (to?.exit !== undefined) {
        exits[to.exit]!.push({ text, origin })
      } else if (job.capture) {
        const sink = captured.get(port) ?? []
        captured.set(port, sink)
        sink.push({ text, origin })
      }
      if (to && to.steps.length > 0) {
        const copy = root || kind !== 'map' ? value : (plainCopy(value) as object) // a copy of an object is one
        for (const next of to.steps) inbox[next]!.push({ value: copy, origin, root })
        made[origin]! += to.steps.length
        if (made[origin]! > MOST_OF_ONE) overgrown.add(origin)
      }
    }

    const reject = (failure: Failure, origin: number, record: number | object): void => {
      counts[REJECTED] = (counts[REJECTED] ?? 0) + 1
      rejections.push(JSON.stringify({ ...failure, origin, record }))
    }

    for (const item of items) {
      const { origin } = item
      if (overgrown.size > 0 && overgrown.has(origin)) continue
      ordinal = origin === last ? ordinal + 1 : 0
      last = origin
      const spot: Spot = [number, origin, ordinal]
      progress(spot)
      const given: [port: string, value: object, root: boolean, text: string][] = []
      try {
        if (item.root && roots.has(number)) {
          const failure = refused.get(origin) ?? inputFailure(item.value)
          if (failure) {
            // Never by the port: what is refused at the door goes nowhere.
            reject(failure, origin, origin)
            continue
          }
        }
        const killed = skip.size > 0 ? skip.get(spot.join(' ')) : undefined
        if (killed) throw killedFailure(killed)
        if (timeouts >= MAX_TIMEOUTS) throw untried()
        let bytes = 0
        work(item, `${number} ${origin + job.first} ${ordinal}`, (port, value) => {
          // An object: maps check it, the others pass what came in.
          const record = value as object
          const root = item.root && record === item.value
          const to = ports[port]
          const leaves = to?.exit !== undefined || (job.capture && !root)
          const text = root ? String(origin) : leaves ? JSON.stringify(record) : ''
          bytes += text.length
          if (bytes > limits.maxOutputBytes) throw tooMuch('for one record')
          given.push([port, record, root, text])
        })
        if (bytes > room) throw tooMuch('for this batch')
        room -= bytes
      } catch (error) {
        const failure = failureOf(error)
        if (failure.code === 'EXPRESSION_TIMEOUT' || failure.code === 'EXPRESSION_MEMORY') timeouts++
        const record = item.root ? origin : item.value
        if (ports[REJECTED]) {
          const { code, message } = failure
          const value = { record: item.value, error: { code, message } }
          send(
            REJECTED,
            value,
            origin,
            false,
            `{"record":${JSON.stringify(item.value)},"error":${JSON.stringify(value.error)}}`,
          )
        } else reject(failure, origin, record)
        continue
      }
      if (given.length === 0) none++
      for (const [port, value, root, text] of given) send(port, value, origin, root, text)
    }
    const output = [...captured].map(([port, sink]) => `${JSON.stringify(port)}:${sinkJson(sink)}`)
    results.push(
      `{"id":${JSON.stringify(id)},"in":${items.length},"ports":${JSON.stringify(counts)},"none":${none},` +
        `"ms":${performance.now() - started},"rejections":[${rejections.join(',')}]` +
        `${job.capture ? `,"output":{${output.join(',')}}` : ''}}`,
    )
  }
  progress([AFTERWARDS, 0, 0])
  // Several ports may share an exit.
  for (const sink of exits) sink.sort((a, b) => a.origin - b.origin)
  return `{"kind":"run","exits":[${exits.map(sinkJson).join(',')}],"steps":[${results.join(',')}]}`
}

/** What is said of an evaluation that ended its process. */
export const killedFailure = (code: 'EXPRESSION_TIMEOUT' | 'EXPRESSION_MEMORY'): Failure =>
  code === 'EXPRESSION_TIMEOUT'
    ? {
        code,
        message: 'The expression took too long for this record.',
        hint: 'Look for a function that never stops calling itself, or very long texts and lists.',
      }
    : {
        code,
        message: 'The expression needs more memory for this record than there is.',
        hint: 'Look for a list or text that keeps growing.',
      }

const untried = (): Failure => ({
  code: 'EXPRESSION_TIMEOUT',
  message: `Not tried: ${MAX_TIMEOUTS} records of this batch ran into the limit of time or memory at this step before it.`,
  hint: 'Repair the expression, then retry.',
})

const tooMany = (): Failure => ({
  code: 'EXPRESSION_OUTPUT_TOO_LARGE',
  message: `The steps make more than ${MOST_OF_ONE.toLocaleString('en')} records of this one. Nothing of it goes on.`,
  hint: 'Look for branches that meet again, where each brings the record along, and for a split behind another.',
})

const tooMuch = (of: string): Failure => ({
  code: 'EXPRESSION_OUTPUT_TOO_LARGE',
  message: `The expression gives more data ${of} than is allowed.`,
  hint: 'Give fewer or shorter fields, or make several records with a split.',
})
