import { API } from '../contract/paths.ts'
import type { Me } from '../contract/people.ts'
import type { ProblemDetails } from '../contract/shared.ts'

/** How a command ends, for scripts. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const

/** Ends a command with a sentence and an exit code. */
export class CommandError extends Error {
  override name = 'CommandError'
  readonly exit: number

  constructor(exit: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exit = exit
  }
}

export type Client = {
  /** Where the token belongs to. */
  readonly workspace: string
  /** Below the workspace. The contract says which type a path answers. */
  call<Answer>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** The answer as it came. */
  text(path: string): Promise<string>
}

/** Finds the product and the token's workspace. @throws CommandError with exit code 3 */
export async function connect(url: string, token: string | undefined): Promise<Client> {
  if (token === undefined) {
    throw new CommandError(
      EXIT.unreachable,
      'Who asks? Make an API token in the web app, and give it as --token or TIELINE_TOKEN.',
    )
  }
  if (!URL.canParse(url))
    throw new CommandError(EXIT.usage, `“${url}” is no address. Give one such as http://localhost:3000.`)

  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(new URL(`${API}${path}`, url), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new CommandError(EXIT.unreachable, `Nothing answers at ${url}. Is the product running there?`, { cause })
    })
    const text = await answer.text()
    if (!answer.ok) throw refusal(url, answer.status, text)
    return text
  }

  const me = read<Me>(url, await ask('GET', '/me'))
  const workspace = me.workspaces[0]?.id
  if (workspace === undefined)
    throw new CommandError(EXIT.unreachable, 'This token belongs to no workspace any more. Make another.')
  const at = `/workspaces/${workspace}`
  return {
    workspace,
    async call<Answer>(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
      return read<Answer>(url, (await ask(method, `${at}${path}`, body, headers)) || 'null')
    },
    text: (path) => ask('GET', `${at}${path}`),
  }
}

/** The server holds its answers to the contract, of which `Answer` is a type. */
function read<Answer>(url: string, text: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch (cause) {
    throw new CommandError(EXIT.unreachable, `What answers at ${url} is not this product.`, { cause })
  }
}

function refusal(url: string, status: number, text: string): CommandError {
  const problem = problemIn(text)
  if (!problem)
    return new CommandError(EXIT.unreachable, `What answers at ${url} is not this product (status ${status}).`)
  if (status === 401)
    return new CommandError(EXIT.unreachable, 'The API token is not known, or has ended. Make another in the web app.')
  const list = (problem.problems ?? []).map((one) => `\n  ${describeProblem(one)}`).join('')
  return new CommandError(EXIT.failed, `${problem.code}: ${problem.detail}${list}`)
}

function problemIn(text: string): ProblemDetails | undefined {
  try {
    const body: unknown = JSON.parse(text)
    // Checked by the two fields that every problem has.
    return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body
      ? (body as ProblemDetails)
      : undefined
  } catch {
    return undefined
  }
}

/** One line: how bad, where, what. */
export function describeProblem(problem: NonNullable<ProblemDetails['problems']>[number]): string {
  if (!('code' in problem)) return `${problem.field} ${problem.message}`
  const place = [problem.node ?? problem.edge, problem.field, problem.position]
    .filter((part) => part !== undefined)
    .join(' ')
  return `${problem.severity} ${problem.code}${place && ` (${place})`}: ${problem.message}`
}
