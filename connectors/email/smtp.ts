import { Readable } from 'node:stream'
import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection'
import type { Context } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { countOf, textOf } from '../kit/fields.ts'
import { refusal } from './refusal.ts'

/** To greet and encrypt, and silence after that, in milliseconds. */
const READY_MS = 15_000
const SILENCE_MS = 30_000
/** Of one answer, in bytes: they are lines. */
const MAX_ANSWER = 65_536

export type Envelope = { readonly from: string; readonly to: readonly string[] }
/** At the first mail: what sends nothing need not hold the library (17 MB). */
const library = async () => (await import('nodemailer/lib/smtp-connection')).default

export type Sent = Pick<SMTPConnectionSendInfo, 'accepted' | 'rejectedErrors' | 'response'>

export type Smtp = {
  /** Hands over one mail. Answers when the server has taken it for at least one recipient. */
  send(envelope: Envelope, message: Buffer): Promise<Sent>
}

/**
 * Signs in at the connection's server, does the work, hangs up. Only the connected socket comes from here: the library
 * neither resolves nor dials. Encryption is never left out because the server does not offer it.
 * @throws StepError LOGIN_REFUSED, PERMISSION_MISSING, RECORD_REFUSED, RATE_LIMITED, REMOTE_DOWN, CONNECTION_LOST,
 *   TIMED_OUT, REPLY_UNREADABLE, CONFIG_INVALID; `dialled` is “maybe” once the content was on its way
 */
export async function withSmtp<T>({ connection, wire }: Context, work: (smtp: Smtp) => Promise<T>): Promise<T> {
  const host = textOf(connection.host).toLowerCase()
  const { user, password } = wire.secrets
  const plain = connection.security === 'none'
  if (plain && user) {
    throw new StepError('CONFIG_INVALID', 'A password is not sent without encryption. Choose STARTTLS or TLS.')
  }
  const port = countOf(connection.port, 587)
  const SMTPConnection = await library()
  return wire.call({ protocol: 'SMTP', host, port, plain }, async (socket, heard) => {
    let begun = false
    const refused = (error: unknown) => {
      const known = refusal(error, { host, begun })
      heard.status = known.status
      return known
    }
    const smtp = new SMTPConnection({
      connection: socket,
      host,
      port,
      secure: connection.security === 'tls',
      ...(plain ? { ignoreTLS: true } : { requireTLS: true }),
      // An address is no name: the certificate is then checked against the address itself.
      tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      name: 'tieline',
      greetingTimeout: READY_MS,
      connectionTimeout: READY_MS,
      socketTimeout: SILENCE_MS,
      socketCloseTimeout: 0,
      maxResponseSize: MAX_ANSWER,
      logger: false,
    })
    try {
      // Whatever happens between two answers comes as an event of its own.
      const broken = new Promise<never>((_, reject) => {
        smtp.on('error', reject)
        smtp.on('end', () => reject(Object.assign(new Error('the server hung up'), { code: 'ECONNECTION' })))
      })
      const step = <V>(start: (back: (error?: unknown, value?: V) => void) => void): Promise<V> =>
        Promise.race([
          broken,
          new Promise<V>((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value as V)))), // by the library's word
        ])
      await step((back) => smtp.connect(back))
      if (user) await step((back) => smtp.login({ user, pass: password ?? '' }, back))
      const done = await work({
        async send({ from, to }, message) {
          const content = Readable.from(
            (function* () {
              begun = true
              yield message
            })(),
          )
          const sent = await step<Sent>((back) => smtp.send({ from, to: [...to], size: message.length }, content, back))
          heard.status = 250
          return sent
        },
      })
      smtp.quit()
      return done
    } catch (error) {
      throw error instanceof StepError ? error : refused(error)
    } finally {
      smtp.on('error', () => undefined)
      smtp.close()
    }
  })
}
