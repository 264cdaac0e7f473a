import { posix } from 'node:path'
import { baseUrl } from '../kit/address.ts'
import type { Context } from '../kit/connector.ts'
import { type Code, StepError } from '../kit/errors.ts'
import { type StoredFile, UPLOADS } from '../kit/files.ts'
import { excerpt } from '../kit/redact.ts'
import { retryAfterMs } from '../kit/retry-after.ts'
import { placeOf } from './connection.ts'
import { namesLike } from './file-names.ts'
import { withSftp } from './sftp.ts'

export type SourceSettings = { readonly path: string; readonly names: string }

/**
 * Brings what is new to the workspace's own store, whole, and answers the files behind a sequence number. A read goes
 * through them there: a run that dies resumes in the very bytes it has begun, whatever became of them over there.
 */
export async function filesBehind(context: Context<SourceSettings>, after: number): Promise<readonly StoredFile[]> {
  const { list, mine } = await bringNew(context)
  return (await list(after)).filter(mine)
}

/** The newest files, the newest first, with what is new over there. */
export async function newestFiles(context: Context<SourceSettings>, most: number): Promise<readonly StoredFile[]> {
  const { list, mine } = await bringNew(context)
  const found: StoredFile[] = []
  for (let after = 0; ; ) {
    const listed = await list(after)
    const last = listed.at(-1)
    if (!last) return found.reverse().slice(0, most)
    found.push(...listed.filter(mine))
    after = last.sequence
  }
}

type Brought = {
  /** Complete files behind a sequence number, some at a time. */
  list(after: number): Promise<readonly StoredFile[]>
  /** Other flows may fetch other files over the same connection. */
  mine(file: StoredFile): boolean
}

async function bringNew(context: Context<SourceSettings>): Promise<Brought> {
  const { files, settings } = context
  const place = placeOf(context.connection)
  const wanted = namesLike(settings.names)
  const mine = ({ name }: StoredFile) => (place === 'http' ? name === nameOf(settings.path) : wanted(name))
  if (place === 'uploads') return { list: (after) => files.list(UPLOADS, after), mine }
  if (place === 'http') await fetchOne(context)
  else await fetchNew(context, wanted)
  return { list: (after) => files.list(undefined, after), mine }
}

const nameOf = (path: string) => posix.basename(path) || 'file.csv'

async function fetchNew(context: Context<SourceSettings>, wanted: (name: string) => boolean): Promise<void> {
  const { files, settings, signal } = context
  const folder = settings.path === '' ? '.' : settings.path
  await withSftp(context, async (remote) => {
    for (const { name, bytes, modified } of await remote.list(folder)) {
      signal.throwIfAborted()
      const stamp = `${bytes} ${modified}`
      if (!wanted(name) || (await files.knows(name, stamp))) continue
      await files.keep(name, stamp, remote.read(posix.join(folder, name)))
    }
  })
}

async function fetchOne({ http, connection, settings, files }: Context<SourceSettings>): Promise<void> {
  const name = nameOf(settings.path)
  const answer = await http.send({
    method: 'GET',
    url: `${baseUrl(connection, 'baseUrl')}${settings.path}`,
    headers: { accept: 'text/csv, */*' },
    receive: async (content, headers) => {
      const kind = headers['content-type'] ?? ''
      // A page that asks to sign in is no table, though it would be read as one.
      if (/html|json|xml/i.test(kind) && !/csv/i.test(kind)) {
        throw new StepError(
          'REPLY_UNREADABLE',
          `${settings.path} answers with ${kind.slice(0, 60)}, which is no CSV file.`,
        )
      }
      await files.keep(name, new Date().toISOString(), content)
    },
  })
  if (answer.status !== 200) throw httpRefusal(answer, `fetch ${settings.path}`)
}

const CODES: { readonly [status: number]: Code } = {
  401: 'LOGIN_REFUSED',
  403: 'PERMISSION_MISSING',
  404: 'NOT_FOUND',
  410: 'NOT_FOUND',
  429: 'RATE_LIMITED',
}

export function httpRefusal(
  answer: Parameters<typeof retryAfterMs>[0] & { status: number; text: string },
  doing: string,
) {
  const { status } = answer
  const remote = excerpt(answer.text)
  return new StepError(
    CODES[status] ?? (status >= 500 ? 'REMOTE_DOWN' : 'CONFIG_INVALID'),
    `The server refused to ${doing}: HTTP ${status}. ${remote}`,
    { status, remote, dialled: status >= 500 ? 'maybe' : 'no', retryAfterMs: retryAfterMs(answer) },
  )
}
