import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { blindIndex, type Keyring } from '../../store/key/secrets.ts'
import type { AppParts } from '../http/parts.ts'
import { sessionCookie } from '../http/sessions.ts'

/** People a browser is known by at most; the one who signed in longest ago is forgotten first. */
const MOST_PEOPLE = 5
const DAYS = 90
/** 16 bytes each: the browser's own number, then a keyed hash of it for each account. */
const SHAPE = /^[\w-]{22}(\.[\w-]{22}){1,5}$/

/*
 * A browser that somebody has signed in with keeps a cookie that says so, beyond the session. It opens nothing: its failed
 * tries are counted by themselves (attempts.ts), so that strangers who guess at an account do not shut its person out.
 * The cookie cannot be made without the key, and another key ends all.
 */

/** The number of the browser that sent this, if the account has signed in with it in the last 90 days. */
export function knownBrowser(parts: AppParts, request: FastifyRequest, account: string): string | undefined {
  const [browser = '', ...marks] = read(parts, request)
  const mark = Buffer.from(markOf(parts.keys, browser, account))
  return marks.some((one) => timingSafeEqual(Buffer.from(one), mark)) ? browser : undefined
}

/** After a sign-in that was right in all its parts, or a password set anew by a link. */
export function rememberBrowser(parts: AppParts, request: FastifyRequest, reply: FastifyReply, account: string): void {
  const [browser = randomBytes(16).toString('base64url'), ...before] = read(parts, request)
  const mark = markOf(parts.keys, browser, account)
  const marks = [mark, ...before.filter((one) => one !== mark)].slice(0, MOST_PEOPLE)
  const { name, secure } = cookieOf(parts)
  reply.setCookie(name, [browser, ...marks].join('.'), {
    ...{ path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: DAYS * 24 * 3600 },
  })
}

function cookieOf({ config }: AppParts): { name: string; secure: boolean } {
  const { name, secure } = sessionCookie(config)
  return { name: `${name}-known`, secure }
}

function read(parts: AppParts, request: FastifyRequest): string[] {
  const cookie = request.cookies[cookieOf(parts).name] ?? ''
  return SHAPE.test(cookie) ? cookie.split('.') : []
}

const markOf = (keys: Keyring, browser: string, account: string): string =>
  blindIndex(keys, '', `known browser ${browser} ${account.toLowerCase()}`).toString('base64url')
