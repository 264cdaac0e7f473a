import type { AddressInfo, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'

export type Received = {
  readonly from: string
  readonly to: readonly string[]
  /** As it came, dots and all undone. */
  readonly raw: string
  readonly user: string | undefined
  readonly secure: boolean
}

export type MailMishap =
  | { readonly at: 'auth' | 'mail' | 'rcpt' | 'content'; readonly code: number; readonly text: string }
  /** Hangs up with the content on its way, or having taken it; says something that is no answer; says nothing. */
  | { readonly at: 'cut' | 'cut-after' | 'garbage' | 'silence' }

/** A real mail server that keeps what it is given. `user` and `password`: who may send; absent: everybody. */
export type MailServer = {
  readonly port: number
  readonly received: Received[]
  /** Sign-ins that were tried. */
  readonly tried: string[]
  /** The next mails go wrong. */
  arm(mishap: MailMishap, times?: number): void
  calm(): void
  close(): Promise<void>
}

export type MailOptions = {
  readonly login?: { readonly user: string; readonly password: string }
  /** From the start, rather than by STARTTLS. */
  readonly secure?: boolean
  /** Absent: no encryption is offered. */
  readonly tls?: Pick<TlsOptions, 'key' | 'cert'>
}

const failure = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code })

export async function startMail({ login, secure = false, tls }: MailOptions = {}): Promise<MailServer> {
  const received: Received[] = []
  const tried: string[] = []
  let armed: MailMishap[] = []
  const next = (...at: MailMishap['at'][]): MailMishap | undefined => {
    const [first] = armed
    return first && at.includes(first.at) ? armed.shift() : undefined
  }
  const refusal = (at: 'auth' | 'mail' | 'rcpt' | 'content') => {
    const mishap = next(at)
    return mishap && 'code' in mishap ? failure(mishap.code, mishap.text) : undefined
  }
  // Its own type keeps the socket to itself, and hanging up is what it never does on purpose.
  const socketOf = (session: SMTPServerSession) =>
    [...server.connections].find(({ id }) => id === session.id) as unknown as { readonly _socket: Socket }

  const server = new SMTPServer({
    secure,
    ...tls,
    disabledCommands: [...(tls && !secure ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    authOptional: !login,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 1,
    onAuth({ username = '', password }, _session, back) {
      tried.push(username)
      const refused = refusal('auth')
      if (refused) back(refused)
      else if (username === login?.user && password === login.password) back(null, { user: username })
      else back(failure(535, '5.7.8 Authentication credentials invalid'))
    },
    onMailFrom: (_address, _session, back) => back(refusal('mail')),
    onRcptTo({ address }, _session, back) {
      const refused = refusal('rcpt')
      if (refused) back(refused)
      else if (address.startsWith('nobody@')) back(failure(550, '5.1.1 No such user here'))
      else if (address.startsWith('full@')) back(failure(452, '4.2.2 Mailbox full'))
      else back()
    },
    onData(stream, session, back) {
      if (next('cut')) {
        stream.once('data', () => socketOf(session)._socket.destroy())
        return
      }
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const refused = refusal('content')
        if (refused) return back(refused)
        const raw = Buffer.concat(chunks).toString('utf8')
        if (raw.includes('refuse me')) return back(failure(554, '5.7.1 Message refused'))
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw,
          user: session.user === undefined ? undefined : String(session.user),
          secure: session.secure,
        })
        const mishap = next('cut-after', 'garbage', 'silence')
        if (mishap?.at === 'cut-after') socketOf(session)._socket.destroy()
        else if (mishap?.at === 'garbage') socketOf(session)._socket.write('<html>Welcome</html>\r\n')
        else if (!mishap) back(null, '2.0.0 Taken')
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port, // it listens on TCP, so this is no pipe's name
    received,
    tried,
    arm: (mishap, times = 1) => armed.push(...Array.from({ length: times }, () => mishap)),
    calm: () => {
      armed = []
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Header fields by lower-case name, unfolded, encoded words read; and the text of a mail of one part. */
export function readMail(raw: string): {
  readonly headers: { readonly [name: string]: string }
  readonly text: string
} {
  const end = raw.indexOf('\r\n\r\n')
  const headers: { [name: string]: string } = {}
  for (const line of raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = words(line.slice(colon + 1).trim())
  }
  const body = raw.slice(end + 4).trimEnd()
  const encoding = headers['content-transfer-encoding']
  if (encoding === 'base64') return { headers, text: Buffer.from(body, 'base64').toString('utf8') }
  return { headers, text: encoding === 'quoted-printable' ? quoted(body.replace(/=\r\n/g, '')) : body }
}

/** RFC 2047. */
const words = (text: string) =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, content: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(content, 'base64').toString('utf8')
        : quoted(content.replaceAll('_', ' ')),
    )

const quoted = (text: string) =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')
