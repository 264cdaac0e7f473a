import { createHash, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  deleteDeadSessions,
  deleteSession,
  insertSession,
  type LiveSession,
  type NewSession,
} from '../../store/people/people.ts'
import { renameSession } from '../../store/people/sessions.ts'
import type { AppParts } from './parts.ts'

/** A session nobody used for so long has ended. */
export const IDLE_MINUTES = 30

/** Of a secret with 256 bits of randomness: a plain hash is enough to make a stolen table useless. */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest()
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** With `__Host-` no other host and no plain-http page can set the cookie; browsers take it over https only. */
export function sessionCookie(config: AppParts['config']): { name: string; secure: boolean } {
  const secure = config.publicUrl?.startsWith('https:') ?? false
  return { name: secure ? '__Host-tieline' : 'tieline', secure }
}

/** In seconds. */
const maxAgeOf = ({ config }: AppParts): number => config.sessionHours * 3600

const cookieOptions = (parts: AppParts, secure: boolean) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: maxAgeOf(parts) }) as const

/** Always a new session: whatever the browser brought ends. */
export async function startSession(
  parts: AppParts,
  request: FastifyRequest,
  reply: FastifyReply,
  user: string,
  how: Pick<NewSession, 'means' | 'second'> = { means: 'password', second: false },
): Promise<Pick<LiveSession, 'means' | 'second'>> {
  const { name, secure } = sessionCookie(parts.config)
  const before = request.cookies[name]
  if (before) await deleteSession(parts.system, hashSecret(before))
  await deleteDeadSessions(parts.system, IDLE_MINUTES)
  const secret = newSecret()
  await insertSession(parts.system, {
    hash: hashSecret(secret),
    user,
    expiresAt: new Date(Date.now() + maxAgeOf(parts) * 1000),
    address: request.ip,
    agent: (request.headers['user-agent'] ?? '').slice(0, 300),
    ...how,
  })
  reply.setCookie(name, secret, cookieOptions(parts, secure))
  return how
}

/** The same session under a new secret: copies of its cookie work no longer. */
export async function changeSecret(parts: AppParts, reply: FastifyReply, session: Buffer): Promise<void> {
  const { name, secure } = sessionCookie(parts.config)
  const secret = newSecret()
  await renameSession(parts.system, session, hashSecret(secret))
  reply.setCookie(name, secret, cookieOptions(parts, secure))
}

export async function endSession(parts: AppParts, reply: FastifyReply, session: Buffer): Promise<void> {
  const { name, secure } = sessionCookie(parts.config)
  await deleteSession(parts.system, session)
  reply.clearCookie(name, { path: '/', httpOnly: true, sameSite: 'lax', secure })
}
