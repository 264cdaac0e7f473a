import { type Code, StepError } from '../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../kit/fields.ts'
import { excerpt } from '../kit/redact.ts'

/** A server that wants less says so by a class of its own (RFC 3463, x.7.x and x.3.2), never how long. In milliseconds. */
const LATER_MS = 60_000

/** An error of the SMTP library in words; its fields are described by its own type, NodemailerError. */
export function refusal(
  error: unknown,
  { host, begun }: { readonly host: string; readonly begun: boolean },
): StepError {
  const { code, command, responseCode, response, message } = fieldsOf(error)
  const remote = excerpt(textOf(response))
  const status = typeof responseCode === 'number' ? responseCode : undefined
  // With a number the server has said no, and nothing of this mail will be delivered; without one the line has broken.
  const dialled = status === undefined && begun ? 'maybe' : 'no'
  const options = { cause: error, dialled, remote, ...(status === undefined ? {} : { status }) } as const
  if (code === 'ETLS' || command === 'STARTTLS') {
    return new StepError(
      'CONFIG_INVALID',
      `${host} offers no encryption on this port (${remote || plain(message)}). Nothing was sent.`,
      options,
    )
  }
  if (status !== undefined && status >= 400) {
    const known = codeOf(status, textOf(command), remote)
    return new StepError(known, sentence(known, host, remote || `SMTP ${status}`, error), {
      ...options,
      ...(known === 'RATE_LIMITED' ? { retryAfterMs: LATER_MS } : {}),
    })
  }
  if (code === 'EAUTH')
    return new StepError('LOGIN_REFUSED', `${host} takes no such sign-in: ${plain(message)}`, options)
  if (/certificate|self-signed|altname|tls|ssl/i.test(`${textOf(fieldsOf(error).originalCode)} ${textOf(message)}`)) {
    return new StepError(
      'CONFIG_INVALID',
      `${host} could not be reached with encryption that can be trusted (${plain(message)}). Nothing was sent.`,
      options,
    )
  }
  if (code === 'ETIMEDOUT') return new StepError('TIMED_OUT', `${host} did not answer in time.`, options)
  // An answer that is none: what became of a mail is then open.
  if (code === 'EPROTOCOL' || (remote !== '' && status === undefined)) {
    return new StepError('REPLY_UNREADABLE', `${host} answers with what is no SMTP: ${remote}`, options)
  }
  if (code === 'EMESSAGE' && !begun)
    return new StepError('RECORD_REFUSED', `The mail is too large for ${host}.`, options)
  return new StepError('CONNECTION_LOST', `The connection to ${host} broke (${plain(message)}).`, options)
}

function codeOf(status: number, command: string, remote: string): Code {
  if (status === 421) return 'RATE_LIMITED'
  if (command.startsWith('AUTH')) return status === 454 ? 'REMOTE_DOWN' : 'LOGIN_REFUSED'
  // 530: sign in first. RFC 3463: x.7.0 and x.7.1 are about what the sender may do.
  if (status === 530) return 'LOGIN_REFUSED'
  if (status >= 500) return command === 'MAIL FROM' ? 'PERMISSION_MISSING' : 'RECORD_REFUSED'
  return status === 450 || /\b4\.(7|3\.2)/.test(remote) ? 'RATE_LIMITED' : 'REMOTE_DOWN'
}

function sentence(code: Code, host: string, remote: string, error: unknown): string {
  const refused = listOf(fieldsOf(error).rejectedErrors)
    .map((one) => `${textOf(fieldsOf(one).recipient)}: ${excerpt(textOf(fieldsOf(one).response), 120)}`)
    .slice(0, 5)
  switch (code) {
    case 'LOGIN_REFUSED':
      return `${host} refused the user or the password. ${remote}`
    case 'PERMISSION_MISSING':
      return `${host} does not let this user send from the address of the connection. ${remote}`
    case 'RECORD_REFUSED':
      return refused.length > 0
        ? `${host} refused every recipient. ${refused.join('; ')}`
        : `${host} refused the mail. ${remote}`
    default:
      return `${host} takes no mail at the moment. ${remote}`
  }
}

const plain = (message: unknown) => excerpt(textOf(message), 120)
