import type { Context } from './connector.ts'

/** `https://api.xero.com/x` → `api.xero.com:443`: how hosts are compared everywhere. */
export function hostPort(address: string | URL): string {
  const url = typeof address === 'string' ? new URL(address) : address
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}

/** An address among a connection's settings, without the slash at its end. */
export function baseUrl(connection: Context['connection'], setting: string): string {
  const address = connection[setting]
  return typeof address === 'string' ? address.replace(/\/+$/, '') : ''
}
