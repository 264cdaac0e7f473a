import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { parseExact } from '../../../connectors/kit/json.ts'
import { scanJson } from '../../flow/schema/json.ts'
import { MAX_DEPTH } from '../../flow/document/read.ts'
import type { NewEvent } from '../../store/hook/hook-events.ts'
import { newId } from '../../store/database/ids.ts'
import { sealContent } from '../../store/hook/inbox-content.ts'
import type { Keyring } from '../../store/key/secrets.ts'
import { ApiProblem } from '../http/problems.ts'
import { textOf } from '../http/read-body.ts'

/** An event before it is sealed: what the sender calls it, and the JSON text of what is kept (EventContent). */
export type ReadEvent = { readonly key: string; readonly text: string }

export type Delivery = {
  readonly settings: { readonly [name: string]: unknown }
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** ISO 8601, UTC. */
  readonly at: string
}

/** Elements of a list that may be events of their own; a longer list is one event as a whole. */
const MOST_EVENTS = 1_000
const MOST_HEADERS = 30
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])
/** A text without these has no forbidden name: a name can only hide behind an escape. */
const SUSPECT = /__proto__|constructor|prototype|\\u/
/**
 * What they carry proves the sender, in whatever words a system calls it, and is nobody's business afterwards; or a proxy
 * in front of us has put it there.
 */
const SECRET_HEADERS =
  /^(?:webhook-signature$|x-(?:forwarded-|real-ip$)|x-.*(?:auth|bearer|cert|cookie|credential|digest|hmac|jwt|key|passw|secret|session|sign|token))/

/** The events of a delivery, each with the key by which a repeat is known. @throws ApiProblem BODY_MALFORMED */
export function readDelivery(delivery: Delivery): readonly ReadEvent[] {
  const { settings, headers, body } = delivery
  const text = textOf(body)
  const value = parse(text)
  const wrap = wrapper(delivery)
  const { idPath, idHeader } = settings
  if (typeof idPath === 'string' && idPath !== '') {
    if (Array.isArray(value) && value.length > 0 && value.length <= MOST_EVENTS) {
      return value.map((element: unknown) => {
        const own = JSON.stringify(element)
        const key = idAt(element, idPath) ?? hashOf(own)
        return { key, text: wrap(key, own) }
      })
    }
    const key = idAt(value, idPath) ?? hashOf(body)
    return [{ key, text: wrap(key, text) }]
  }
  const named = headers[typeof idHeader === 'string' && idHeader !== '' ? idHeader.toLowerCase() : 'webhook-id']
  const key = typeof named === 'string' && named !== '' ? named : hashOf(body)
  return [{ key, text: wrap(key, text) }]
}

/** Made ready for its row. */
export function newEvent(keys: Keyring, workspace: string, hook: string, { key, text }: ReadEvent): NewEvent {
  const id = newId()
  return {
    workspace,
    hook,
    id,
    key: shown(key),
    keyHash: createHash('sha256').update(key).digest(),
    bytes: text.length,
    content: sealContent(keys, workspace, hook, id, text),
  }
}

/** Of a key that anybody may have written: no control characters, and no half characters, which text columns refuse. */
function shown(key: string): string {
  return key
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\uFFFD')
    .slice(0, 200)
    .toWellFormed()
}

function parse(text: string): unknown {
  const fault = scanJson(text, MAX_DEPTH)
  // Its message would quote the body.
  if (fault)
    throw new ApiProblem(
      'BODY_MALFORMED',
      fault.kind === 'deep' ? 'The body is nested more than 64 deep.' : 'The body is not JSON.',
    )
  if (SUSPECT.test(text)) {
    JSON.parse(text, (name, value: unknown) => {
      if (FORBIDDEN.has(name)) throw new ApiProblem('BODY_MALFORMED', 'The body uses a forbidden name.')
      return value
    })
  }
  // Ids beyond 2^53 are many a system's own: rounded, two events would be one.
  return parseExact(text)
}

/** Puts the JSON text of a body into that of an event's content. */
function wrapper({ settings, headers, at }: Delivery): (key: string, body: string) => string {
  if (settings.record !== 'delivery') return (_key, body) => `{"body":${body}}`
  const kept = JSON.stringify(keptHeaders(headers, String(settings.header ?? '')))
  return (key, body) => `{"id":${JSON.stringify(key)},"at":"${at}","headers":${kept},"body":${body}}`
}

function keptHeaders(headers: IncomingHttpHeaders, tokenHeader: string): { readonly [name: string]: string } {
  const kept = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    const wanted = name.startsWith('x-') || name.startsWith('webhook-') || name === 'user-agent'
    if (!wanted || SECRET_HEADERS.test(name) || name === tokenHeader.toLowerCase()) return []
    return [[name, String(value).slice(0, 500)]]
  })
  return Object.fromEntries(kept.slice(0, MOST_HEADERS))
}

function idAt(value: unknown, path: string): string | undefined {
  let at = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as { readonly [name: string]: unknown })[name] // has it, as was just seen
  }
  return typeof at === 'string' && at !== '' ? at : typeof at === 'number' ? String(at) : undefined
}

/** Two events without ids and with one content are one event to us. */
function hashOf(content: string | Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
