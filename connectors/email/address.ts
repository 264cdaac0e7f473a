import { domainToASCII } from 'node:url'
import { StepError } from '../kit/errors.ts'

/** RFC 5321, 4.1.2 without quoted local parts, and 4.5.3.1 for the lengths. */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * An address as it goes over the wire: a domain in other letters in its ASCII form. Nothing else is bent into shape,
 * least of all a list of addresses into one.
 * @throws StepError INVALID_INPUT
 */
export function addressOf(written: string): string {
  const trimmed = written.trim()
  const at = trimmed.lastIndexOf('@')
  const local = trimmed.slice(0, Math.max(at, 0))
  const domain = domainToASCII(trimmed.slice(at + 1))
  if (at < 1 || local.length > 64 || trimmed.length > 254 || !LOCAL.test(local) || !DOMAIN.test(domain)) {
    throw new StepError('INVALID_INPUT', `“${shown(trimmed)}” is no e-mail address that mail can be sent to.`)
  }
  return `${local}@${domain}`
}

const shown = (text: string) => text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '').slice(0, 80)
