import { createHmac, timingSafeEqual } from 'node:crypto'
import { fieldsOf, textOf } from '../kit/fields.ts'
import type { Hook, HookEvent } from '../kit/hook.ts'
import { parseJson } from '../kit/json.ts'

/** Header that a hook is made with; BigCommerce sends it along with each event. */
export const KEY_HEADER = 'x-tieline-key'

/**
 * BigCommerce's own signature is made with the client secret of each API account, and older hooks have none; so a store's
 * hook carries a secret header. It is derived from the installation's key and the store: who knows the one of his own
 * store cannot speak for another. In hexadecimal digits.
 */
export const keyOfStore = (key: string, storeHash: string): string =>
  createHmac('sha256', key).update(`stores/${storeHash}`).digest('hex')

/** Events hold ids and no more: what they are about is read again. They come at least once, in no order. */
export const hook: Hook = {
  account: 'storeHash',
  verify(key, body, headers) {
    const given = headers[KEY_HEADER]
    const store = storeOf(parsed(body))
    if (typeof given !== 'string' || key === '' || store === '') return false
    const [claimed, right] = [Buffer.from(given), Buffer.from(keyOfStore(key, store))]
    return claimed.length === right.length && timingSafeEqual(claimed, right)
  },
  read(body) {
    const told = parsed(body)
    const account = storeOf(told)
    const scope = textOf(told?.scope)
    const data = fieldsOf(told?.data)
    const key = textOf(told?.hash)
    if (told === undefined || account === '' || scope === '' || key === '') return undefined
    const event: HookEvent = {
      account,
      key: `${scope}/${key}/${textOf(told.created_at)}`,
      record: {
        scope: scope.replace(/^store\//, ''),
        resource: textOf(data.type),
        id: textOf(data.id),
        at: instantOf(told.created_at),
        store: account,
        data,
      },
    }
    return [event]
  },
}

/** `stores/abc123` → `abc123`. */
const storeOf = (told: { readonly [field: string]: unknown } | undefined) =>
  /^stores\/([a-z0-9]+)$/.exec(textOf(told?.producer))?.[1] ?? ''

function instantOf(seconds: unknown): string {
  return typeof seconds === 'number' && seconds > 0 && seconds < 1e11 ? new Date(seconds * 1000).toISOString() : ''
}

function parsed(body: Buffer) {
  try {
    return fieldsOf(parseJson(body.toString()))
  } catch {
    return undefined
  }
}
