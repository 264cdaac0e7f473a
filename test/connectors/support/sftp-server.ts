import { generateKeyPairSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import ssh2, { type Connection, type SFTPWrapper } from 'ssh2'
import { fingerprint } from '../../../connectors/csv/sftp.ts'

const { Server, utils } = ssh2
const { STATUS_CODE, OPEN_MODE } = utils.sftp
/** Longest piece of one answer, as OpenSSH has it. */
const MOST_READ = 32_768

/** An SFTP server with files in memory, one user, and ways to misbehave. */
export type SftpServer = {
  readonly port: number
  /** Fingerprint of its host key. */
  readonly hostKey: string
  /** By path, such as /out/a.csv; `modified` in seconds since 1970. */
  readonly files: Map<string, { content: Buffer; modified: number }>
  /** Users that tried to sign in. */
  readonly tried: string[]
  /** Cut the line after so many bytes were read from it. */
  cutAfter: number
  /** Between the pieces of a file. */
  pauseMs: number
  close(): Promise<void>
}

export async function startSftp(user: string, password: string): Promise<SftpServer> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const parsed = utils.parseKey(privateKey)
  if (parsed instanceof Error) throw parsed
  const clients = new Set<Connection>()
  const server = new Server({ hostKeys: [privateKey] }, (client) => {
    clients.add(client)
    client.on('error', () => undefined)
    client.on('close', () => clients.delete(client))
    client.on('authentication', (ctx) => {
      if (ctx.method !== 'none') state.tried.push(ctx.username)
      if (ctx.method === 'password' && ctx.username === user && ctx.password === password) ctx.accept()
      else ctx.reject(['password'])
    })
    client.on('session', (accept) => {
      accept().on('sftp', (open) => serve(open(), client))
    })
  })

  function serve(sftp: SFTPWrapper, client: Connection): void {
    const open = new Map<number, { path: string; listed: boolean }>()
    let next = 0
    let pauses: Promise<unknown> = Promise.resolve()
    const handle = (path: string): Buffer => {
      const made = Buffer.alloc(4)
      made.writeUInt32BE(next)
      open.set(next++, { path, listed: false })
      return made
    }
    const of = (given: Buffer) => open.get(given.readUInt32BE(0))
    const attributes = ({ content, modified }: { content: Buffer; modified: number }) => ({
      ...{ mode: 0o100644, uid: 0, gid: 0, size: content.length, atime: modified, mtime: modified },
    })
    const clean = (path: string) => `/${path.replace(/^[./]+/, '')}`
    sftp.on('OPENDIR', (id, path) => sftp.handle(id, handle(clean(path))))
    sftp.on('READDIR', (id, given) => {
      const folder = of(given)
      if (!folder || folder.listed) return sftp.status(id, STATUS_CODE.EOF)
      folder.listed = true
      const inside = folder.path === '/' ? '/' : `${folder.path}/`
      const names = [...state.files].filter(
        ([path]) => path.startsWith(inside) && !path.slice(inside.length).includes('/'),
      )
      if (names.length === 0) return sftp.status(id, STATUS_CODE.EOF)
      sftp.name(
        id,
        names.map(([path, file]) => {
          const filename = path.slice(inside.length)
          return { filename, longname: filename, attrs: attributes(file) }
        }),
      )
    })
    sftp.on('OPEN', (id, path, flags) => {
      const name = clean(path)
      if ((flags & OPEN_MODE.WRITE) !== 0) state.files.set(name, { content: Buffer.alloc(0), modified: 1_790_000_000 })
      if (!state.files.has(name)) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
      sftp.handle(id, handle(name))
    })
    sftp.on('READ', (id, given, offset, length) => {
      const file = state.files.get(of(given)?.path ?? '')
      if (!file || offset >= file.content.length) return sftp.status(id, STATUS_CODE.EOF)
      if (offset >= state.cutAfter) return client.end()
      const piece = file.content.subarray(offset, offset + Math.min(length, MOST_READ))
      // A pause as long for the tenth piece on its way as for ten pieces one by one.
      pauses = pauses.then(() => (state.pauseMs > 0 ? setTimeout(state.pauseMs) : undefined))
      void pauses.then(() => sftp.data(id, piece))
    })
    sftp.on('WRITE', (id, given, offset, data) => {
      const file = state.files.get(of(given)?.path ?? '')
      if (!file) return sftp.status(id, STATUS_CODE.FAILURE)
      file.content = Buffer.concat([file.content.subarray(0, offset), data])
      sftp.status(id, STATUS_CODE.OK)
    })
    const stat = (id: number, path: string) => {
      const file = state.files.get(clean(path))
      if (file) sftp.attrs(id, attributes(file))
      else sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
    }
    sftp.on('STAT', stat)
    sftp.on('LSTAT', stat)
    sftp.on('FSTAT', (id, given) => stat(id, of(given)?.path ?? ''))
    sftp.on('FSETSTAT', (id) => sftp.status(id, STATUS_CODE.OK))
    sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK))
    sftp.on('REMOVE', (id, path) =>
      sftp.status(id, state.files.delete(clean(path)) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE),
    )
    sftp.on('RENAME', (id, from, to) => {
      const file = state.files.get(clean(from))
      // As the protocol has it: not onto a file that is there.
      if (!file || state.files.has(clean(to))) return sftp.status(id, STATUS_CODE.FAILURE)
      state.files.delete(clean(from))
      state.files.set(clean(to), file)
      sftp.status(id, STATUS_CODE.OK)
    })
  }

  const state: SftpServer = {
    port: 0,
    hostKey: fingerprint(parsed.getPublicSSH()),
    files: new Map(),
    tried: [],
    cutAfter: Number.POSITIVE_INFINITY,
    pauseMs: 0,
    close: () =>
      new Promise((resolve) => {
        for (const client of clients) client.end()
        server.close(() => resolve())
      }),
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  // A server listening on TCP has an address with a port.
  return Object.assign(state, { port: (server.address() as AddressInfo).port })
}
