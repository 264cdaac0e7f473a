import { startXeroSandbox, type XeroSandbox, type XeroSandboxOptions } from '../../../connectors/xero/sandbox/server.ts'

/** JSON from the sandbox; tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: answers are judged by what the tests expect of them
export type Loose = any

export type Called = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Loose }

export type Caller = {
  readonly sandbox: XeroSandbox
  /** An accounting call with the token and tenant of a custom connection; headers set to '' are left out. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Called>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Called>
}

export async function startCaller(options: XeroSandboxOptions = {}, scope?: string): Promise<Caller> {
  const sandbox = await startXeroSandbox({ limits: 'off', contacts: 40, invoices: 120, ...options })
  const token = await appToken(sandbox, scope)
  const call: Caller['call'] = async (method, path, body, headers = {}) => {
    const all: Record<string, string> = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'xero-tenant-id': sandbox.tenantId,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    }
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
    const answer = await fetch(`${sandbox.url}/api.xro/2.0/${path}`, {
      method,
      headers: kept,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false
    return { status: answer.status, headers: answer.headers, text, json: isJson && text ? parsed(text) : undefined }
  }
  return { sandbox, call, get: (path, headers) => call('GET', path, undefined, headers) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export async function tokenRequest(sandbox: XeroSandbox, form: Readonly<Record<string, string>>): Promise<Loose> {
  const answer = await fetch(`${sandbox.url}/connect/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${sandbox.clientId}:${sandbox.clientSecret}`).toString('base64')}`,
    },
    body: new URLSearchParams(form),
  })
  return { status: answer.status, ...((await answer.json()) as object) }
}

export async function appToken(sandbox: XeroSandbox, scope?: string): Promise<string> {
  const answer = await tokenRequest(sandbox, { grant_type: 'client_credentials', ...(scope ? { scope } : {}) })
  return answer.access_token
}

/** A sales invoice as a caller sends it. */
export const invoiceBody = (contactId: string, more: object = {}) => ({
  Type: 'ACCREC',
  Contact: { ContactID: contactId },
  DueDate: '2026-12-24',
  Status: 'AUTHORISED',
  LineItems: [{ Description: 'Canvas tote bag', Quantity: 2, UnitAmount: 12.12, AccountCode: '200' }],
  ...more,
})
