import type { AddressInfo, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'

export type Received = {
  /** When its last byte was there. */
  readonly at: Date
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

/** A mail server on this machine that delivers nothing: it keeps what it is given. */
export type MailServer = {
  readonly port: number
  /** In the order in which they came; of many the newest. */
  readonly received: Received[]
  /** Sign-ins that were tried. */
  readonly tried: string[]
  /** The next mails go wrong. */
  arm(mishap: MailMishap, times?: number): void
  calm(): void
  close(): Promise<void>
}

export type MailOptions = {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Who may send; absent: everybody. */
  readonly login?: { readonly user: string; readonly password: string }
  /** From the start, rather than by STARTTLS. */
  readonly secure?: boolean
  /** Absent: no encryption is offered. */
  readonly tls?: Pick<TlsOptions, 'key' | 'cert'>
}

/** More are not kept, and none longer than this, in bytes: they lie in memory. */
const MOST_MAILS = 500
const MOST_OF_A_MAIL = 5_000_000

const failure = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code })

export async function startMail({ port = 0, login, secure = false, tls }: MailOptions = {}): Promise<MailServer> {
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
    size: MOST_OF_A_MAIL,
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
      stream.on('data', (chunk: Buffer) => {
        if (!stream.sizeExceeded) chunks.push(chunk)
      })
      stream.on('end', () => {
        if (stream.sizeExceeded) return back(failure(552, '5.3.4 Message too big'))
        const refused = refusal('content')
        if (refused) return back(refused)
        const raw = Buffer.concat(chunks).toString('utf8')
        if (raw.includes('refuse me')) return back(failure(554, '5.7.1 Message refused'))
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          at: new Date(),
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw,
          user: session.user === undefined ? undefined : String(session.user),
          secure: session.secure,
        })
        if (received.length > MOST_MAILS) received.shift()
        const mishap = next('cut-after', 'garbage', 'silence')
        if (mishap?.at === 'cut-after') socketOf(session)._socket.destroy()
        else if (mishap?.at === 'garbage') socketOf(session)._socket.write('<html>Welcome</html>\r\n')
        else if (!mishap) back(null, '2.0.0 Taken')
      })
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  // From now on: what goes wrong with one who sends.
  server.on('error', () => undefined)
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
