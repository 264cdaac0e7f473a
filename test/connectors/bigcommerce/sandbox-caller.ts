import {
  type BigCommerceSandbox,
  type BigCommerceSandboxOptions,
  startBigCommerceSandbox,
} from '../../../connectors/bigcommerce/sandbox/server.ts'

/** JSON from the sandbox; tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: answers are judged by what the tests expect of them
export type Loose = any

export type Called = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Loose }

export type Caller = {
  readonly sandbox: BigCommerceSandbox
  /** With the app's token, and JSON both ways; headers set to '' are left out. No code of the connector is involved. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Called>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Called>
}

export async function startCaller(options: BigCommerceSandboxOptions = {}): Promise<Caller> {
  const sandbox = await startBigCommerceSandbox({ orders: 40, customers: 12, quota: 'off', ...options })
  const call: Caller['call'] = async (method, path, body, headers = {}) => {
    const all: Record<string, string> = {
      ...{ 'x-auth-token': sandbox.accessToken, accept: 'application/json' },
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    }
    const answer = await fetch(`${sandbox.url}/stores/${sandbox.storeHash}${path}`, {
      method,
      headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false
    return { status: answer.status, headers: answer.headers, text, json: isJson && text ? JSON.parse(text) : undefined }
  }
  return { sandbox, call, get: (path, headers) => call('GET', path, undefined, headers) }
}
