import { randomUUID } from 'node:crypto'
import { type BigCommerceSandbox, startBigCommerceSandbox } from '../../../connectors/bigcommerce/sandbox/server.ts'
import { webhook } from '../../../connectors/chat/connection.ts'
import { chat } from '../../../connectors/chat/index.ts'
import { bearer } from '../../../connectors/csv/connection.ts'
import { csv } from '../../../connectors/csv/index.ts'
import { none } from '../../../connectors/email/connection.ts'
import { email } from '../../../connectors/email/index.ts'
import type { EmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { oauthClient } from '../../../connectors/http/connection.ts'
import { http } from '../../../connectors/http/index.ts'
import { SCOPES } from '../../../connectors/xero/client/connection.ts'
import { xero } from '../../../connectors/xero/index.ts'
import type { XeroSandbox } from '../../../connectors/xero/sandbox/server.ts'
import { createFiles } from '../../../server/connect/files.ts'
import { createKeyring } from '../../../server/store/key/secrets.ts'
import { testDatabase } from '../../support/database.ts'
import { emarsysAccount, openBigCommerce, openEmarsys, openXero, xeroAccount } from './accounts.ts'
import { type Asked, type Mishap, startFaulty } from './faulty.ts'
import { type MailMishap, startMail } from '../../../connectors/email/sandbox/mail-server.ts'
import { type Opened, openConnection } from './open.ts'

/** What stands in for a system: a way in, and ways to make its next calls go wrong. */
export type Box = {
  open(): Opened
  /** Whether a refused login is worth a new token. */
  readonly renews: boolean
  arm(mishap: Mishap, times: number, operation: string): void
  /** Nothing goes wrong any more. */
  calm(): void
  /** Values among the login that are no secrets, such as a client id. */
  readonly known: readonly string[]
  close(): Promise<void>
}

/** All that any operation needs. */
const XERO_SCOPES = [...new Set([...SCOPES, ...xero.operations.flatMap(({ permissions }) => permissions)])]

const SLOW_MS = 20_000

export async function xeroBox(): Promise<Box & { readonly sandbox: XeroSandbox }> {
  const money = { prepayments: 6, overpayments: 4, bankTransactions: 12, journals: 6 }
  const sandbox = await xeroAccount({ contacts: 35, invoices: 90, creditNotes: 8, money })
  const kinds = {
    login: 'expired-token',
    permission: 'forbidden',
    limit: '429-minute',
    down: '500-before',
    reset: 'reset',
    'reset-after': 'reset-after',
    html: 'html-200',
    malformed: 'malformed-json',
    slow: 'slow',
  } as const
  return {
    sandbox,
    open: () => openXero(sandbox, { connection: { scopes: XERO_SCOPES } }),
    renews: true,
    arm: (mishap, times) =>
      sandbox.state.faults.add([{ kind: kinds[mishap], match: { pathPrefix: '/api.xro' }, times, delayMs: SLOW_MS }]),
    calm: () => sandbox.state.faults.clear(),
    known: [sandbox.clientId],
    close: () => sandbox.close(),
  }
}

export async function emarsysBox(): Promise<Box & { readonly sandbox: EmarsysSandbox }> {
  const sandbox = await emarsysAccount({ limits: { perMinute: 100_000 } })
  const kinds = {
    login: '401',
    permission: '403',
    limit: '429',
    down: '503',
    reset: 'reset-before',
    'reset-after': 'reset-after',
    html: 'html',
    malformed: 'malformed-json',
    slow: 'slow',
  } as const
  return {
    sandbox,
    open: () => openEmarsys(sandbox),
    renews: true,
    arm(mishap, times, operation) {
      const pathPrefix = operation === 'emarsys.send-sales' ? '/hapi' : '/api'
      sandbox.addFaults([{ kind: kinds[mishap], match: { pathPrefix }, times, delayMs: SLOW_MS }])
    },
    calm: () => sandbox.clearFaults(),
    known: [sandbox.clientId],
    close: () => sandbox.close(),
  }
}

export async function bigcommerceBox(): Promise<Box & { readonly sandbox: BigCommerceSandbox }> {
  const sandbox = await startBigCommerceSandbox({ orders: 130, customers: 30, quota: 'off' })
  const kinds = {
    login: '401',
    permission: '403',
    limit: '429',
    down: '503',
    reset: 'reset-before',
    'reset-after': 'reset-after',
    html: 'html',
    malformed: 'malformed-json',
    slow: 'slow',
  } as const
  return {
    sandbox,
    open: () => openBigCommerce(sandbox),
    renews: false,
    arm: (mishap, times) => sandbox.store.faults.add([{ kind: kinds[mishap], times, delayMs: SLOW_MS }]),
    calm: () => sandbox.store.faults.clear(),
    known: [],
    close: () => sandbox.close(),
  }
}

const THINGS = Array.from({ length: 25 }, (_, index) => ({ id: index + 1, name: `thing ${index + 1}` }))

function shop({ method, url }: Asked) {
  const { pathname, searchParams } = url
  if (pathname === '/token') return { body: { access_token: `shop-token-${Math.random()}`, expires_in: 3600 } }
  if (pathname.startsWith('/refused')) return { status: 422, body: { message: 'no such thing' } }
  if (method !== 'GET') return { body: { ok: true } }
  const key = /^\/things\/(\d+)$/.exec(pathname)?.[1]
  if (key !== undefined) return { body: THINGS[Number(key) - 1] }
  const page = Number(searchParams.get('page'))
  return { body: { items: THINGS.slice((page - 1) * 10, page * 10) } }
}

export async function httpBox(): Promise<Box> {
  const remote = await startFaulty(shop)
  const secrets = { clientId: 'shop-client', clientSecret: 'shop-client-secret' }
  return {
    open: () =>
      openConnection({
        connector: http,
        login: oauthClient,
        secrets,
        connection: { baseUrl: remote.url, tokenUrl: `${remote.url}/token` },
      }),
    renews: true,
    arm: remote.arm,
    calm: remote.calm,
    known: [secrets.clientId],
    close: remote.close,
  }
}

/** A table at a web address; each connection keeps its files in a folder of its own, in a real database. */
export async function csvBox(): Promise<Box> {
  const table = `name,total\n${Array.from({ length: 2_500 }, (_, at) => `customer ${at},${at}.50\n`).join('')}`
  const remote = await startFaulty(({ method }) =>
    method === 'GET' ? { headers: { 'content-type': 'text/csv' }, body: table } : { status: 201 },
  )
  const database = await testDatabase()
  const keys = createKeyring(database.secretKey)
  const workspace = randomUUID()
  await database.owner.db.insertInto('workspaces').values({ id: workspace, name: 'Files' }).execute()
  return {
    open: () =>
      openConnection({
        connector: csv,
        login: bearer,
        secrets: { token: 'token-of-the-files' },
        connection: { place: 'http', baseUrl: remote.url },
        files: createFiles({ db: database.app.db, keys, workspace, connection: randomUUID() }),
      }),
    renews: false,
    arm: remote.arm,
    calm: remote.calm,
    known: [],
    close: async () => {
      await remote.close()
      await database.drop()
    },
  }
}

export async function chatBox(): Promise<Box> {
  const remote = await startFaulty(({ body }) =>
    body.includes('refuse me') ? { status: 400, body: 'invalid_blocks' } : {},
  )
  return {
    open: () =>
      openConnection({
        connector: chat,
        login: webhook,
        secrets: { url: `${remote.url}/services/T000/B000/secret-of-the-webhook` },
        connection: { kind: 'slack', address: remote.url },
      }),
    renews: false,
    arm: remote.arm,
    calm: remote.calm,
    known: [],
    close: remote.close,
  }
}

/** What a mail server does that corresponds to the mishaps of an HTTP API. */
const MAIL_MISHAPS: { readonly [mishap in Mishap]: MailMishap } = {
  login: { at: 'mail', code: 530, text: '5.7.0 Sign in first' },
  permission: { at: 'mail', code: 550, text: '5.7.1 Not your address' },
  limit: { at: 'rcpt', code: 450, text: '4.7.0 Too many' },
  down: { at: 'cut' },
  reset: { at: 'cut' },
  'reset-after': { at: 'cut-after' },
  html: { at: 'garbage' },
  malformed: { at: 'garbage' },
  slow: { at: 'silence' },
}

export async function emailBox(): Promise<Box> {
  const mail = await startMail()
  return {
    open: () =>
      openConnection({
        connector: email,
        login: none,
        secrets: {},
        connection: { host: '127.0.0.1', port: mail.port, security: 'none', from: 'books@tieline.example' },
      }),
    renews: false,
    arm: (mishap, times) => mail.arm(MAIL_MISHAPS[mishap], times),
    calm: mail.calm,
    known: [],
    close: mail.close,
  }
}
