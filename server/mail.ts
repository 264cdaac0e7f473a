import type { Transporter } from 'nodemailer'

/** A letter of the product itself: plain text, to one person. */
export type Letter = {
  readonly to: string
  readonly subject: string
  readonly text: string
  /** ASCII, of one line each. */
  readonly headers?: { readonly [name: string]: string }
}
export type Mail = { send(letter: Letter): Promise<void> }

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Sends over the server of SMTP_URL. Never without encryption, but to a server on this machine: letters hold links that
 * set passwords.
 */
export function mailBy(smtpUrl: string, from: string): Mail {
  const url = new URL(smtpUrl)
  const secure = url.protocol === 'smtps:'
  const options = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && !LOCAL.has(url.hostname),
    ...(url.username
      ? { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }
      : {}),
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 30_000,
    // Texts are ours and addresses are checked; nothing is read from files or fetched for a letter.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  // With the first letter: until then the library's 25 MB are not held.
  let transport: Promise<Transporter> | undefined
  const opened = () => (transport ??= import('nodemailer').then(({ default: mail }) => mail.createTransport(options)))
  return {
    async send({ to, subject, text, headers = {} }) {
      await (await opened()).sendMail({ from, to: { name: '', address: to }, subject, text, headers })
    },
  }
}

/**
 * Of a sending that threw. again: no server was reached, or it said “later” (4xx, RFC 5321 section 4.2.1), so none has
 * taken it. failed: it said no (5xx). unknown: it may have arrived. `said` is without the other server's words: they name
 * the address.
 */
export function whatBecame(error: unknown): { readonly state: 'again' | 'failed' | 'unknown'; readonly said: string } {
  const { responseCode, syscall, code } = error as {
    readonly responseCode?: number
    readonly syscall?: string
    readonly code?: string
  }
  const said =
    responseCode === undefined ? `It broke off (${code ?? 'no code'}).` : `The mail server said ${responseCode}.`
  if (syscall === 'connect' || syscall === 'getaddrinfo') return { state: 'again', said }
  if (responseCode === undefined || responseCode < 400) return { state: 'unknown', said }
  return { state: responseCode < 500 ? 'again' : 'failed', said }
}
