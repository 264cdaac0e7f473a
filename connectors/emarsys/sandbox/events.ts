import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { isBlocked } from './blocklist.ts'
import { bodyOf, MOST_RECORDS } from './contact-routes.ts'
import { findOne, isRecord, keyFieldOf, textOf } from './contact-writes.ts'
import type { Contact } from './contacts.ts'
import { addError, ApiFailure, type Errors, errorsPart, ok, type RecordFailure, singleFailure } from './envelope.ts'
import { type Fault, plannedFailure } from './faults.ts'
import { accountTime } from './lists.ts'

/**
 * One accepted trigger. `repeat`: its trigger id had been taken already, so no mail went out for it; nor did one when it
 * was `stopped`, because the contact's address is on the block list.
 */
export type TriggeredEvent = {
  readonly at: number
  readonly event: number
  readonly name: string
  readonly contact: number
  readonly key: string
  readonly triggerId: string | undefined
  readonly eventTime: string | undefined
  readonly data: unknown
  readonly repeat: boolean
  readonly stopped: boolean
}

export type ExternalEvent = {
  readonly id: number
  name: string
  /** Milliseconds since 1970, UTC. */
  readonly created: number
  /** Programs that listen to it. */
  readonly usedBy: string[]
  /** The campaign whose mail such a program sends. */
  readonly campaign?: number
}

/** Largest `data` of one trigger, in bytes of its JSON. */
const MOST_DATA = 1024 * 1024
const EVENT_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.000)?Z$/

type OfEvent = { Params: { id: string } }

const eventOf = (account: Account, id: string) => {
  const event = account.events.get(Number(id))
  if (event === undefined) throw new ApiFailure(400, 5001, 'Invalid event id for customer.')
  return event
}

/** What is wrong with the parts of a trigger that are not about its contact. */
const problemOf = (trigger: { readonly [part: string]: unknown }): RecordFailure | undefined => {
  const { event_time: time, data } = trigger
  if (time !== undefined && time !== null) {
    if (typeof time !== 'string' || !EVENT_TIME.test(time) || Number.isNaN(Date.parse(time)))
      return { code: 5010, text: 'Invalid event_time format' }
  }
  const problem = attachmentProblem(trigger.attachment)
  if (problem !== undefined) return problem
  // Files count into the size.
  const size =
    Buffer.byteLength(JSON.stringify(data ?? {})) + Buffer.byteLength(JSON.stringify(trigger.attachment ?? []))
  if (size > MOST_DATA) return { code: 5008, text: 'Event data is too large' }
  if (data === undefined || data === null) return undefined
  if (!isRecord(data)) return { code: 5011, text: 'Event data must be an object' }
  if (Object.hasOwn(data, 'ems_event_time')) return { code: 5011, text: 'ems_event_time is reserved' }
  return undefined
}

/** Files for a mail: `[{filename, data}]` with the data in base64. */
const attachmentProblem = (given: unknown): RecordFailure | undefined => {
  if (given === undefined || given === null) return undefined
  const isFile = (file: unknown) =>
    isRecord(file) && textOf(file.filename) !== '' && /^[A-Za-z0-9+/]+={0,2}$/.test(textOf(file.data))
  return Array.isArray(given) && given.every(isFile)
    ? undefined
    : { code: 5009, text: 'attachment must be a list of {filename, data}, with data in base64' }
}

const isStopped = (account: Account, contact: Contact): boolean => {
  if (account.blocked.size === 0) return false
  const address = account.contacts.value(contact, '3')
  return typeof address === 'string' && isBlocked(account, address)
}

const fire = (
  account: Account,
  event: ExternalEvent,
  keyField: string,
  trigger: { readonly [part: string]: unknown },
  fault: Fault | undefined,
  position: number,
): number | RecordFailure => {
  const key = textOf(trigger.external_id)
  const found = plannedFailure(fault, key, position) ?? findOne(account, keyField, key)
  if ('code' in found) return found
  const problem = problemOf(trigger)
  if (problem !== undefined) return problem
  const triggerId = textOf(trigger.trigger_id) || undefined
  const memory = triggerId === undefined ? undefined : `${event.id}\n${triggerId}`
  const repeat = memory !== undefined && account.triggerIds.has(memory)
  if (memory !== undefined) account.triggerIds.add(memory)
  account.triggered.push({
    at: account.now(),
    event: event.id,
    name: event.name,
    contact: found.id,
    key,
    triggerId,
    eventTime: textOf(trigger.event_time) || undefined,
    data: trigger.data ?? {},
    repeat,
    stopped: isStopped(account, found),
  })
  record(account, repeat ? 'event.repeat' : 'event.trigger', event.id, { contact: found.id, triggerId })
  return found.id
}

const trigger = (account: Account, request: FastifyRequest<OfEvent>) => {
  const event = eventOf(account, request.params.id)
  const body = bodyOf(request)
  const keyField = keyFieldOf(account, body)
  // Some clients send an empty external_id and null data beside `contacts`: its presence decides.
  if (!Array.isArray(body.contacts)) {
    const fired = fire(account, event, keyField, body, request.fault, 0)
    if (typeof fired === 'number') return ok(connectedTo(account, event))
    const text = fired.code === 2008 ? `${fired.text} - ${textOf(body.external_id)}` : fired.text
    throw singleFailure(account.quirks, { code: fired.code, text })
  }
  if (body.contacts.length > MOST_RECORDS) throw new ApiFailure(400, 1000, `Batch size exceeds ${MOST_RECORDS}`)
  const ids: string[] = []
  const errors: Errors = {}
  for (const [position, one] of body.contacts.entries()) {
    const part = isRecord(one) ? one : {}
    const fired = fire(account, event, keyField, part, request.fault, position)
    if (typeof fired === 'number') ids.push(String(fired))
    else addError(errors, textOf(part.external_id), fired)
  }
  return ok({ ids, ...errorsPart(account.quirks, errors, 'array'), ...connectedTo(account, event) })
}

/** `{connectedTo}` for what listens to the event, or nothing: both are seen. */
const connectedTo = (account: Account, { usedBy, campaign }: ExternalEvent) => {
  if (account.quirks.connectedTo === 'absent') return {}
  const email = campaign === undefined ? [] : [{ id: campaign }]
  return { connectedTo: { email, acProgram: usedBy.map((name) => ({ name })), interactionsProgram: [] } }
}

/** External events. An answer of 200 to a trigger means accepted, never that a mail was sent. */
export const eventRoutes = (app: FastifyInstance, account: Account): void => {
  const needs = (permission: string) => ({ config: { emarsysSwitch: `externalevent.${permission}` } })
  const shown = ({ id, name, created }: { id: number; name: string; created: number }) => ({
    id: String(id),
    name,
    created: accountTime(created),
  })
  app.get('/event', needs('list'), async () => ok([...account.events.values()].map(shown)))
  app.get<OfEvent>('/event/:id', needs('get'), async (request) => ok(shown(eventOf(account, request.params.id))))
  app.get<OfEvent>('/event/:id/usages', needs('usages'), async (request) =>
    ok(eventOf(account, request.params.id).usedBy.map((name) => ({ name, type: 'program' }))),
  )
  app.post('/event', needs('create'), async (request) => {
    const name = textOf(bodyOf(request).name)
    if (name === '') throw new ApiFailure(400, 5002, 'Event name is missing')
    for (const event of account.events.values())
      if (event.name === name) throw new ApiFailure(400, 5003, `Event name already exists: ${name}`)
    const id = account.nextNumber++
    account.events.set(id, { id, name, created: account.now(), usedBy: [] })
    record(account, 'event.create', id, { name })
    return ok({ id, name })
  })
  app.post<OfEvent>('/event/:id', needs('update'), async (request) => {
    const event = eventOf(account, request.params.id)
    const name = textOf(bodyOf(request).name)
    if (name === '') throw new ApiFailure(400, 5002, 'Event name is missing')
    event.name = name
    record(account, 'event.rename', event.id, { name })
    return ok({ id: event.id, name })
  })
  app.post<OfEvent>('/event/:id/delete', needs('delete'), async (request) => {
    const event = eventOf(account, request.params.id)
    if (event.usedBy.length > 0) throw new ApiFailure(400, 5012, 'Event is in use')
    account.events.delete(event.id)
    record(account, 'event.delete', event.id)
    return ok({})
  })
  // Up to a thousand contacts whose data may be 1 MB each would not fit any body; 10 MB as for contacts.
  app.post<OfEvent>('/event/:id/trigger', { ...needs('trigger'), bodyLimit: 10 * MOST_DATA }, async (request) =>
    trigger(account, request),
  )
}
