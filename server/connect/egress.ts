import { lookup as systemLookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent, buildConnector } from 'undici'
import { hostPort } from '../../connectors/kit/address.ts'
import { StepError } from '../../connectors/kit/errors.ts'

/** All addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly string[]>

export type EgressOptions = {
  /** Exact `host:port` pairs that may be private and plain http: sandboxes. From the environment only. */
  readonly allow: ReadonlySet<string>
  readonly lookup?: Lookup
  /** To reach a connection, TLS included. In milliseconds. */
  readonly connectMs?: number
}

const CONNECT_MS = 5_000
const MAX_HEADER_BYTES = 16_384

/**
 * Judges an address before anything else happens to it. Everything after works with the URL object it gives, so what
 * was judged is what is dialled.
 * @throws StepError EGRESS_BLOCKED
 */
export function checkedUrl(address: string, allow: ReadonlySet<string>): URL {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    throw blocked('the address is not a URL')
  }
  if (url.username !== '' || url.password !== '') throw blocked('the address carries a user name')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw blocked(`“${url.protocol}” is not https`)
  const allowed = allow.has(hostPort(url))
  if (url.protocol === 'http:' && !allowed) throw blocked(`${url.host} would be reached by plain http`)
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) && !allowed && !isPublicAddress(literal)) throw blocked(`${url.host} is not a public address`)
  return url
}

/**
 * Whether an IP address belongs to the public internet. IPv6 only inside 2000::/3, and nothing in it that wraps an IPv4
 * address (6to4, Teredo): that also leaves out ::/96, ::ffff:0:0/96 and both NAT64 ranges, which libraries disagree on.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv4') return true
  const bytes = parsed.toByteArray()
  // 2000::/3 but for 3fff::/20 (documentation).
  return (bytes[0]! & 0xe0) === 0x20 && !(bytes[0] === 0x3f && bytes[1] === 0xff && bytes[2]! < 0x10)
}

/**
 * An agent of one connection, shared with no other. A host name is resolved once, every answer is judged, and the
 * judged address itself is dialled, with the name kept for TLS and the Host header: no second resolution can differ.
 */
export function createEgressAgent(options: EgressOptions): Agent {
  const timeout = options.connectMs ?? CONNECT_MS
  const resolve = options.lookup ?? everyAddress
  // Said here although they are Node's defaults: NODE_TLS_REJECT_UNAUTHORIZED=0 or --tls-min-v1.0 in the environment
  // would change those. There is no switch. Nor is there one for a proxy: an Agent takes none from the environment.
  const dial = buildConnector({
    timeout,
    allowH2: false,
    maxCachedSessions: 20,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  })
  return new Agent({
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: 4_000,
    pipelining: 1,
    connect(target, done) {
      dialable(target, options.allow, resolve, timeout).then(
        (address) =>
          dial({ ...target, hostname: address, servername: serverName(target) }, (error, socket) => {
            if (error) done(notConnected(error, target), null)
            else done(null, socket)
          }),
        (error: Error) => done(error, null),
      )
    },
  })
}

/**
 * A TCP connection for protocols that bring their own encryption; judged like any other call but for the scheme.
 * @throws StepError EGRESS_BLOCKED, TIMED_OUT, CONNECTION_LOST
 */
export async function dialTcp(host: string, port: number, options: EgressOptions): Promise<Socket> {
  const timeout = options.connectMs ?? CONNECT_MS
  const target = { hostname: host, port: String(port), protocol: 'tcp:' }
  // A name that is none (spaces, brackets) would be read in another way by the resolver.
  if (!isIP(host) && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)) throw blocked('the address is not a host name')
  const address = await dialable(target, options.allow, options.lookup ?? everyAddress, timeout)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout })
    const failed = (error: Error) => {
      socket.destroy()
      reject(notConnected(error, target))
    }
    socket.once('error', failed)
    socket.once('timeout', () => failed(Object.assign(new Error('timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' })))
    socket.once('connect', () => {
      socket.removeAllListeners('timeout').setTimeout(0)
      socket.off('error', failed)
      resolve(socket)
    })
  })
}

/** The address to dial for a target. */
async function dialable(
  target: { readonly hostname: string; readonly port: string; readonly protocol: string },
  allow: ReadonlySet<string>,
  resolve: Lookup,
  timeout: number,
): Promise<string> {
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const allowed = allow.has(`${target.hostname}:${target.port || (target.protocol === 'https:' ? '443' : '80')}`)
  if (target.protocol === 'http:' && !allowed) throw blocked(`${host} would be reached by plain http`)
  const addresses = isIP(host) ? [host] : await within(timeout, host, resolve(host))
  if (addresses.length === 0) throw notFound(host)
  // Not which: what a name is inside is nobody's business who only typed it.
  if (!allowed && !addresses.every(isPublicAddress)) throw blocked(`${host} leads to an address that is not public`)
  return addresses[0]!
}

async function everyAddress(host: string): Promise<readonly string[]> {
  const found = await systemLookup(host, { all: true, order: 'ipv4first' })
  return found.map((entry) => entry.address)
}

async function within(ms: number, host: string, addresses: Promise<readonly string[]>): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StepError('TIMED_OUT', `The name ${host} was not resolved within ${ms} ms.`)),
      ms,
    )
  })
  try {
    return await Promise.race([addresses, late])
  } catch (error) {
    throw error instanceof StepError ? error : notFound(host, error)
  } finally {
    clearTimeout(timer)
  }
}

const serverName = (target: { readonly hostname: string; readonly servername?: string | undefined }) =>
  // An address is no name: TLS then checks the certificate against the address itself.
  isIP(target.hostname.replace(/^\[|\]$/g, '')) ? '' : (target.servername ?? target.hostname)

const blocked = (reason: string) => new StepError('EGRESS_BLOCKED', `This call is not allowed out: ${reason}.`)

const notFound = (host: string, cause?: unknown) =>
  new StepError('CONNECTION_LOST', `The host ${host} could not be found.`, { cause })

/** Nothing was sent yet: `dialled` stays “no”. */
function notConnected(error: Error, target: { readonly hostname: string; readonly port: string }): StepError {
  const code = 'code' in error ? String(error.code) : error.name
  const late = code === 'UND_ERR_CONNECT_TIMEOUT'
  return new StepError(
    late ? 'TIMED_OUT' : 'CONNECTION_LOST',
    `${target.hostname}${target.port ? `:${target.port}` : ''} could not be reached (${code}).`,
    { cause: error },
  )
}
