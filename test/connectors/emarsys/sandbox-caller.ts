import type { EmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'

/** Wide open on purpose: these are answers of another system, judged by the assertions. */
export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: { replyCode?: number | null; replyText?: string; data?: unknown }
}

export type Caller = (
  method: string,
  path: string,
  body?: unknown,
  headers?: { [name: string]: string },
) => Promise<Answer>

export const getToken = async (sandbox: EmarsysSandbox): Promise<string> => {
  const answer = await fetch(`${sandbox.url}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${sandbox.clientId}:${sandbox.clientSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  })
  const { access_token } = (await answer.json()) as { access_token: string } // the shape the auth tests prove
  return access_token
}

const parsed = (text: string): Answer['body'] => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** Plain fetch with the sandbox's login: no code of the connector is involved. */
export const callerOf =
  (sandbox: EmarsysSandbox, login: { [name: string]: string }): Caller =>
  async (method, path, body, headers) => {
    const answer = await fetch(`${sandbox.url}${path}`, {
      method,
      headers: { ...login, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, text, body: parsed(text) }
  }

export const bearerCaller = async (sandbox: EmarsysSandbox): Promise<Caller> =>
  callerOf(sandbox, { authorization: `Bearer ${await getToken(sandbox)}` })
