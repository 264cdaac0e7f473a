import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const file = (name: string) => fileURLToPath(new URL(`./certificates/${name}`, import.meta.url))
const PROGRAM = fileURLToPath(new URL('./support/call-out.ts', import.meta.url))
const key = readFileSync(file('server.key'))

const servers: Server[] = []
const sockets = new Set<Socket>()
/** Requests that came through TLS. */
let heard = 0
let proxied = 0

async function listening(server: Server): Promise<number> {
  servers.push(server)
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port // it listens on TCP, so this is no pipe's name
}

const secure = (certificate: string, more: TlsOptions = {}) =>
  listening(
    createTlsServer({ key, cert: readFileSync(file(certificate)), ...more }, (socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        heard += 1
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      })
    }).on('tlsClientError', () => undefined),
  )

async function callOut(
  addresses: readonly string[],
  environment: { readonly [name: string]: string } = {},
  flags: readonly string[] = [],
): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, PROGRAM, ...addresses], {
    // The test authority is trusted as any other would be: by Node, for the whole process.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: file('authority.pem'), NODE_NO_WARNINGS: '1', ...environment },
  })
  return JSON.parse(stdout)
}

const ports: { [name: string]: number } = {}
beforeAll(async () => {
  ports.good = await secure('good.pem')
  ports.expired = await secure('expired.pem')
  ports.selfSigned = await secure('self-signed.pem')
  ports.old = await secure('good.pem', {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  ports.silent = await listening(createTcpServer((socket) => socket.on('error', () => undefined)))
  ports.proxy = await listening(
    createTcpServer((socket) => {
      proxied += 1
      socket.destroy()
    }),
  )
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
})

describe('certificates', () => {
  test('only a valid one of the very name is spoken to; the others never see a request', async () => {
    const [good, expired, selfSigned, otherName, old, silent] = await callOut([
      `https://good.example:${ports.good}/`,
      `https://good.example:${ports.expired}/`,
      `https://good.example:${ports.selfSigned}/`,
      `https://evil.example:${ports.good}/`,
      `https://good.example:${ports.old}/`,
      `https://good.example:${ports.silent}/`,
    ])
    expect(good).toBe('200')
    expect(expired).toMatch(/^CONNECTION_LOST no .*CERT_HAS_EXPIRED/)
    expect(selfSigned).toMatch(/^CONNECTION_LOST no .*(?:DEPTH_ZERO_)?SELF_SIGNED_CERT/)
    expect(otherName).toMatch(/^CONNECTION_LOST no .*ERR_TLS_CERT_ALTNAME_INVALID/)
    expect(old).toMatch(/^CONNECTION_LOST no /)
    // A listener that accepts and says nothing is given up like one that does not accept.
    expect(silent).toMatch(/^TIMED_OUT no /)
    expect(heard).toBe(1)
  })

  test('nothing in the environment makes a bad one pass, or sends a call through a proxy', async () => {
    heard = 0
    const proxy = `http://127.0.0.1:${ports.proxy}`
    const [good, selfSigned, old] = await callOut(
      [
        `https://good.example:${ports.good}/`,
        `https://good.example:${ports.selfSigned}/`,
        `https://good.example:${ports.old}/`,
      ],
      {
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_USE_ENV_PROXY: '1',
        HTTPS_PROXY: proxy,
        HTTP_PROXY: proxy,
        https_proxy: proxy,
        ALL_PROXY: proxy,
      },
      ['--tls-min-v1.0', '--tls-cipher-list=DEFAULT@SECLEVEL=0'],
    )
    expect(good).toBe('200')
    expect(selfSigned).toMatch(/^CONNECTION_LOST no .*SELF_SIGNED_CERT/)
    expect(old).toMatch(/^CONNECTION_LOST no /)
    expect(proxied).toBe(0)
    expect(heard).toBe(1)
  })
})
