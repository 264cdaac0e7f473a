import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { TraceDays } from './store/database/partitions.ts'

// How the text of a variable becomes a value. What makes no sense throws a sentence that says what is wrong, without
// the value, which may be a secret.

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export function optional<T>(read: (text: string) => T): (text: string) => T | undefined {
  return (text) => (text === '' ? undefined : read(text))
}

export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most)) throw new Error(`must be a whole number from ${least} to ${most}`)
    return value
  }
}

export function traceDays(text: string): TraceDays {
  const days = new Map(
    text.split(',').map((part) => {
      const [, name = '', content, metadata] = /^\s*(short|standard|long):(\d{1,4})\/(\d{1,4})\s*$/.exec(part) ?? []
      return [name, { content: Number(content), metadata: Number(metadata) }] as const
    }),
  )
  const [short, standard, long] = [days.get('short'), days.get('standard'), days.get('long')]
  if (!short || !standard || !long || days.size !== 3)
    throw new Error('must be the days of records and of steps for each of the classes short, standard and long')
  for (const { content, metadata } of days.values()) {
    if (content < 1 || metadata < content)
      throw new Error('must be one day at least for records, and for steps no less than for records')
  }
  return { short, standard, long }
}

export function hostName(text: string): string {
  if (!/^[A-Za-z0-9.:_-]+$/.test(text)) throw new Error('must be a host name or an IP address, without a port')
  return text
}

export function webOrigin(text: string): string {
  const url = parse(text)
  const plain = url && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' && !url.search && !url.hash
  if (!plain || url.username || url.password) throw new Error('must be an http or https address without a path')
  return url.origin
}

export function issuer(text: string): string {
  const url = parse(text)
  const local = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (!url || !(local || url.protocol === 'https:') || url.search || url.hash || url.username) {
    throw new Error('must be an https address (http only on this machine), as the place itself names its issuer')
  }
  return text
}

export function collector(text: string): string {
  const url = parse(text)
  const right = url && ['http:', 'https:'].includes(url.protocol) && !url.search && !url.hash && !url.username
  if (!right) throw new Error('must be an http or https address without user, query and fragment')
  return text
}

/** As https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables says. */
export function headerPairs(text: string): { readonly [name: string]: string } {
  const pairs = text
    .split(',')
    .map((pair) => pair.trim())
    .filter(Boolean)
    .map((pair) => /^([A-Za-z0-9-]+)\s*=\s*([!-~]+)$/.exec(pair) ?? [])
  try {
    return Object.fromEntries(pairs.map(([, name = '%', value = '%']) => [name, decodeURIComponent(value)]))
  } catch {
    throw new Error('must be name=value pairs with commas between, values percent-encoded')
  }
}

export function smtpUrl(text: string): string {
  const url = parse(text)
  const right = url && ['smtp:', 'smtps:'].includes(url.protocol) && url.hostname && ['', '/'].includes(url.pathname)
  if (!right)
    throw new Error('must be an smtp or smtps address with a host, and with user and password if it asks for them')
  return text
}

export function mailAddress(text: string): string {
  if (!/^[^\s@<>",;]+@[^\s@<>",;]+$/.test(text)) throw new Error('must be one e-mail address')
  return text
}

export function databaseUrl(text: string): string {
  const url = parse(text)
  const right = url && ['postgres:', 'postgresql:'].includes(url.protocol) && url.hostname && url.pathname.length > 1
  if (!right) throw new Error('must be a PostgreSQL address with user, host and database name')
  return text
}

export function folder(text: string): string {
  return resolve(text)
}

export function logLevel(text: string): (typeof LOG_LEVELS)[number] {
  const level = LOG_LEVELS.find((known) => known === text.toLowerCase())
  if (!level) throw new Error(`must be one of ${LOG_LEVELS.join(', ')}`)
  return level
}

export function hexKey(text: string): Buffer {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error('must be 64 hexadecimal digits')
  return Buffer.from(text, 'hex')
}

export function webhookKey(text: string): string {
  if (!/^[!-~]{16,200}$/.test(text))
    throw new Error('must be 16 characters or more, without blanks; Xero’s as Xero shows it')
  return text
}

export function hostPorts(text: string): readonly string[] {
  const pairs = text
    .split(',')
    .map((pair) => pair.trim().toLowerCase())
    .filter(Boolean)
  for (const pair of pairs) {
    const [, port] = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\]):(\d{1,5})$/.exec(pair) ?? []
    if (!port || Number(port) < 1 || Number(port) > 65535) {
      throw new Error('must be exact host:port pairs with commas between, no wildcards, IPv6 addresses in brackets')
    }
  }
  return Object.freeze(pairs)
}

export function networks(text: string): readonly string[] {
  const all = text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
  for (const one of all) {
    const [address = '', bits, ...rest] = one.split('/')
    const most = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : 0
    // A network of all addresses would let anybody say where they come from.
    const right = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most)
    if (most === 0 || !right || rest.length > 0)
      throw new Error('must be IP addresses, or networks such as 10.0.0.0/8, with commas between')
  }
  return Object.freeze(all)
}

export function mailDomains(text: string): readonly string[] {
  const all = text
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter(Boolean)
  if (!all.every((one) => /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(one)))
    throw new Error('must be mail domains such as agency.example, with commas between')
  return Object.freeze(all)
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
