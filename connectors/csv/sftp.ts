import { createHash, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { posix } from 'node:path'
import type { Client, FileEntryWithStats, SFTPWrapper } from 'ssh2'
import type { Context } from '../kit/connector.ts'
import { type Code, type Dialled, StepError } from '../kit/errors.ts'
import { countOf, textOf } from '../kit/fields.ts'

export type RemoteFile = { readonly name: string; readonly bytes: number; readonly modified: number }

/** What an operation may do on an SFTP server, once signed in. */
export type Sftp = {
  list(folder: string): Promise<readonly RemoteFile[]>
  read(path: string): AsyncIterable<Uint8Array>
  /** Under another name first: nobody sees half a file, and one that is there already is replaced. */
  write(path: string, content: Buffer): Promise<void>
}

/** To greet and sign in, in milliseconds. */
const READY_MS = 15_000
/** Silence of the server after that. */
const SILENCE_MS = 30_000

/**
 * Signs in, does the work, and hangs up. The server has to show the key that the connection has pinned: without that,
 * whoever stands between would be given the password.
 * @throws StepError LOGIN_REFUSED, PERMISSION_MISSING, NOT_FOUND, CONNECTION_LOST, TIMED_OUT, CONFIG_INVALID
 */
export async function withSftp<T>(context: Context, work: (files: Sftp) => Promise<T>): Promise<T> {
  const { connection, wire } = context
  const host = textOf(connection.host).toLowerCase()
  if (host === '') throw new StepError('CONFIG_INVALID', 'This connection has no SFTP server. Add it.')
  const port = countOf(connection.port, 22)
  // At the first file: what has no SFTP server need not hold the library (13 MB).
  const { default: ssh2 } = await import('ssh2')
  return wire.call({ protocol: 'SFTP', host, port, file: true }, async (socket) => {
    socket.setTimeout(SILENCE_MS, () => socket.destroy(Object.assign(new Error('silence'), { code: 'SILENT' })))
    const client = new ssh2.Client()
    try {
      return await work(filesOf(await signedIn(client, socket, context, host))).catch((error: unknown) => {
        throw error instanceof StepError ? error : refusal(error, { host, dialled: 'maybe' })
      })
    } finally {
      client.on('error', () => undefined)
      client.end()
    }
  })
}

/** @throws StepError if the server shows another key, or lets nobody in; no file was touched. */
async function signedIn(client: Client, sock: Socket, context: Context, host: string): Promise<SFTPWrapper> {
  const { connection, wire } = context
  const pinned = textOf(connection.hostKey)
  let seen = ''
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
    client.on('error', reject)
    client.on('close', () => reject(new Error('the server hung up')))
    client.on('ready', () => client.sftp((error, made) => (error ? reject(error) : resolve(made))))
    client.connect({
      sock,
      username: textOf(wire.secrets.user),
      ...login(wire.secrets),
      readyTimeout: READY_MS,
      hostVerifier: (key: Buffer) => {
        seen = fingerprint(key)
        return isPinned(seen, pinned)
      },
    })
  }).catch((error: unknown) => {
    throw refusal(error, { host, dialled: 'no', ...(seen === '' ? {} : { keys: { seen, pinned } }) })
  })
  sftp.on('error', () => undefined)
  return sftp
}

const login = ({ password, privateKey, passphrase }: Context['wire']['secrets']) => ({
  ...(password ? { password } : {}),
  ...(privateKey ? { privateKey } : {}),
  ...(passphrase ? { passphrase } : {}),
})

/** As `ssh-keygen -lf` writes it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

function isPinned(seen: string, pinned: string): boolean {
  const [a, b] = [Buffer.from(seen), Buffer.from(pinned.replace(/=+$/, ''))]
  return a.length === b.length && timingSafeEqual(a, b)
}

const done = <T>(start: (back: (error: Error | null | undefined, value?: T) => void) => unknown) =>
  new Promise<T>((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value as T)))) // by the protocol

/** Bytes of one request: what every server gives at once. */
const PIECE = 32_768
/** Requests on their way together: at 50 ms to the server they bring 10 MB a second, one at a time 0.6. */
const TOGETHER = 16
const END_OF_FILE = 1

/** The library's own stream closes its file when nobody listens any more, and its error would end the process. */
async function* contentOf(sftp: SFTPWrapper, path: string): AsyncGenerator<Uint8Array> {
  const handle = await done<Buffer>((back) => sftp.open(path, 'r', back))
  try {
    for (let offset = 0; ; ) {
      const asked = Array.from({ length: TOGETHER }, (_, at) => pieceAt(sftp, handle, offset + at * PIECE))
      for (const piece of await Promise.all(asked)) {
        if (piece.length === 0) return
        yield piece
        offset += piece.length
        // A server may give less than it was asked for; what follows then is asked for anew.
        if (piece.length < PIECE) break
      }
    }
  } finally {
    // Not waited for: where the line is cut no answer comes, and the handle goes with the connection.
    sftp.close(handle, () => undefined)
  }
}

function pieceAt(sftp: SFTPWrapper, handle: Buffer, position: number): Promise<Buffer> {
  const into = Buffer.alloc(PIECE)
  return new Promise((resolve, reject) => {
    sftp.read(handle, into, 0, PIECE, position, (error, bytes) => {
      if (error && 'code' in error && error.code === END_OF_FILE) resolve(into.subarray(0, 0))
      else if (error) reject(error)
      else resolve(into.subarray(0, bytes))
    })
  })
}

function filesOf(sftp: SFTPWrapper): Sftp {
  return {
    async list(folder) {
      const entries = await done<FileEntryWithStats[]>((back) => sftp.readdir(folder, back))
      return entries
        .filter(({ attrs }) => attrs.isFile())
        .map(({ filename, attrs }) => ({ name: filename, bytes: attrs.size, modified: attrs.mtime * 1000 }))
        .sort((a, b) => a.modified - b.modified || (a.name < b.name ? -1 : 1))
    },
    read: (path) => contentOf(sftp, path),
    async write(path, content) {
      const partial = posix.join(posix.dirname(path), `.${posix.basename(path)}.part`)
      await done<void>((back) => sftp.writeFile(partial, content, back))
      // Plain SFTP refuses to rename onto a file that is there; OpenSSH has a way of its own.
      await done<void>((back) => sftp.ext_openssh_rename(partial, path, back)).catch(async () => {
        await done<void>((back) => sftp.unlink(path, back)).catch(() => undefined)
        await done<void>((back) => sftp.rename(partial, path, back))
      })
    },
  }
}

/** Status codes of SFTP (draft-ietf-secsh-filexfer-02, section 7). */
const CODES: { readonly [status: number]: Code } = { 2: 'NOT_FOUND', 3: 'PERMISSION_MISSING', 4: 'REMOTE_DOWN' }

function refusal(
  error: unknown,
  about: {
    readonly host: string
    readonly dialled: Dialled
    readonly keys?: { readonly seen: string; readonly pinned: string }
  },
): StepError {
  const { host, dialled, keys } = about
  const { code, level, message = '' } = (error ?? {}) as { code?: unknown; level?: unknown; message?: string } // an Error of ssh2
  const options = { cause: error, dialled }
  if (keys && !isPinned(keys.seen, keys.pinned)) {
    const { seen, pinned } = keys
    return new StepError(
      pinned === '' ? 'CONFIG_INVALID' : 'LOGIN_REFUSED',
      pinned === ''
        ? `${host} shows the host key ${seen}. Compare it with what its owner says, then enter it in the connection.`
        : `${host} shows another host key (${seen}) than the one of this connection. Nothing was sent to it.`,
      options,
    )
  }
  if (level === 'client-authentication') {
    return new StepError('LOGIN_REFUSED', `${host} refused the user or its password or key.`, options)
  }
  if (level === 'client-timeout' || code === 'SILENT') {
    return new StepError('TIMED_OUT', `${host} did not answer in time.`, options)
  }
  const known = typeof code === 'number' ? CODES[code] : undefined
  if (known) return new StepError(known, `${host} refused: ${message.slice(0, 200)}.`, options)
  if (/privateKey|passphrase|private key/i.test(message)) {
    return new StepError('CONFIG_INVALID', `The private key cannot be used: ${message.slice(0, 200)}.`, options)
  }
  return new StepError('CONNECTION_LOST', `The connection to ${host} broke (${message.slice(0, 100)}).`, options)
}
