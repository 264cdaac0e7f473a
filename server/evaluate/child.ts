import { Buffer } from 'node:buffer'
import { readSync, writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { failureOf } from './failures.ts'
import { harden } from './harden.ts'
import { compile, run } from './jsonata.ts'
import { parse } from './parse.ts'
import { checkOutput, inputFailure, plainCopy } from './plain.ts'
import type { Parsed, Preview } from './program.ts'
import { ForgottenProgram, killedFailure, runProgram } from './run-program.ts'
import { RefusedJob } from './steps.ts'
import { AFTERWARDS, JOB, type Job, PROGRESS, READY, RESULT, type Spot, type WireResult } from './wire.ts'

/**
 * The process in which expressions are evaluated, one job after the other, all synchronously: it reads and writes its
 * pipes itself and never gets to an event loop. It trusts its host and nothing else.
 */

/** Between two notes of progress, in milliseconds, when the host has not asked for each. */
const PROGRESS_EVERY_MS = 20

// Held before the global is taken away. Importing node:process would open the pipes as streams, non-blocking.
const { process } = globalThis

const readExactly = (length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; ) {
    const count = readSync(0, bytes, at, length - at, null)
    if (count === 0) process.exit(0) // the host is gone
    at += count
  }
  return bytes
}

const write = (bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
}

const send = (kind: number, body: Buffer): void => {
  const head = Buffer.allocUnsafe(5)
  head.writeUInt32LE(body.length + 1, 0)
  head[4] = kind
  write(head)
  write(body)
}

const note = Buffer.alloc(17)
note.writeUInt32LE(13, 0)
note[4] = PROGRESS
let noted = 0
const progressOf = (job: Job): ((spot: Spot) => void) => {
  noted = 0
  return (spot) => {
    const now = performance.now()
    if (!job.careful && spot[0] !== AFTERWARDS && now - noted < PROGRESS_EVERY_MS) return
    noted = now
    for (const [index, part] of spot.entries()) note.writeUInt32LE(part, 5 + index * 4)
    write(note)
  }
}

const preview = (job: Job, record: unknown): Preview => {
  run.now = job.now
  run.seed = job.seed
  try {
    const killed = job.skip[0]
    const failure = job.refused[0]?.failure ?? (killed ? killedFailure(killed.code) : inputFailure(record))
    if (failure) return { ok: false, error: failure }
    const value = compile(job.expression ?? '', job.given).evaluate(record, '0 0 0', job.deadlineMs)
    checkOutput(value, job.maxOutputBytes)
    return { ok: true, value: plainCopy(value) }
  } catch (error) {
    return { ok: false, error: failureOf(error) }
  }
}

const UNREADABLE: Parsed = {
  ok: false,
  position: 0,
  message: 'The expression takes too long to read.',
  hint: 'Make it shorter, or make two nodes of it.',
}

/** After so many that take too long to read, the others are not tried: each costs a process. */
const MOST_UNREADABLE = 3
const UNTRIED: Parsed = {
  ok: false,
  position: 0,
  message: `Not read: ${MOST_UNREADABLE} other expressions take too long to read.`,
  hint: 'Make those shorter first.',
}

const work = (job: Job, text: Buffer): string => {
  const progress = progressOf(job)
  const records: unknown = text.length > 0 ? JSON.parse(text.toString()) : []
  progress([0, 0, 0])
  if (!Array.isArray(records)) throw new RefusedJob('The records of a run must be a list.')
  switch (job.kind) {
    case 'run':
      return runProgram(job, records, progress)
    case 'preview':
      return JSON.stringify({ kind: 'preview', preview: preview(job, records[0]) } satisfies WireResult)
    case 'parse': {
      const unreadable = new Set(job.skip.map(({ spot }) => spot[1]))
      const given = job.texts ?? []
      const parsed = given.map((each, index) => {
        if (unreadable.has(index)) return UNREADABLE
        // Those before it have been read.
        if (unreadable.size >= MOST_UNREADABLE && index > Math.max(...unreadable)) return UNTRIED
        progress([0, index, 0])
        return parse(each)
      })
      return JSON.stringify({ kind: 'parse', parsed } satisfies WireResult)
    }
  }
}

const answer = (job: Job, text: Buffer): string => {
  try {
    return work(job, text)
  } catch (error) {
    if (error instanceof ForgottenProgram) return JSON.stringify({ kind: 'forgotten' } satisfies WireResult)
    // Nothing else that is thrown may reach the host: its message could hold data.
    const message = error instanceof RefusedJob ? error.message : 'The child could not carry out the job.'
    return JSON.stringify({ kind: 'refused', message } satisfies WireResult)
  }
}

harden()
send(READY, Buffer.alloc(0))
while (true) {
  const length = readExactly(4).readUInt32LE(0)
  const frame = readExactly(length)
  if (frame[0] !== JOB) process.exit(1)
  const headerLength = frame.readUInt32LE(1)
  const job: Job = JSON.parse(frame.toString('utf8', 5, 5 + headerLength))
  send(RESULT, Buffer.from(answer(job, frame.subarray(5 + headerLength))))
}
