import { createHmac, timingSafeEqual } from 'node:crypto'
import { fieldsOf, textOf } from '../kit/fields.ts'
import type { Hook, HookEvent } from '../kit/hook.ts'

/**
 * Xero tells an app at one address what has changed in all organisations that are connected to it: ids only, at least
 * once, in no order. The key is used as the text it is. `x-xero-signature` is base64 of HMAC-SHA256 of the body.
 */
export const hook: Hook = {
  account: 'tenantId',
  verify(key, body, headers) {
    const given = headers['x-xero-signature']
    if (typeof given !== 'string' || key === '') return false
    const claimed = Buffer.from(given, 'base64')
    const right = createHmac('sha256', key).update(body).digest()
    return claimed.length === right.length && timingSafeEqual(claimed, right)
  },
  read(body) {
    const delivery = parsed(body)
    if (!Array.isArray(delivery?.events)) return undefined
    const first = Number(delivery.firstEventSequence)
    return delivery.events.flatMap((one: unknown, index) => eventOf(one, first + index) ?? [])
  },
}

/**
 * Sequence numbers begin anew when the webhook is set up anew, so the time is part of the key. What is no event of an
 * organisation (subscriptions of the app) is left out.
 */
function eventOf(one: unknown, sequence: number): HookEvent | undefined {
  const event = fieldsOf(one)
  const tenant = textOf(event.tenantId)
  const id = textOf(event.resourceId)
  const resource = textOf(event.eventCategory).toUpperCase()
  if (tenant === '' || id === '' || textOf(event.tenantType).toUpperCase() === 'APPLICATION') return undefined
  const at = utc(textOf(event.eventDateUtc))
  const data = fieldsOf(event.data)
  return {
    account: tenant,
    key: [tenant, resource, id, sequence, at].join('/'),
    record: {
      resource,
      id,
      type: textOf(event.eventType).toUpperCase(),
      at,
      tenant,
      ...(Object.keys(data).length > 0 ? { data } : {}),
    },
  }
}

/** Xero writes the time without its zone, which is UTC. */
function utc(time: string): string {
  return /(Z|[+-]\d\d:?\d\d)$/i.test(time) || time === '' ? time : `${time}Z`
}

function parsed(body: Buffer) {
  try {
    return fieldsOf(JSON.parse(body.toString()))
  } catch {
    return undefined
  }
}
