import { Type } from 'typebox'
import { INSTALLATION } from '../../audit/chain.ts'
import { PasswordChange, Preferences, PreferencesChange, SessionList, SessionParams } from '../../contract/people.ts'
import { zoneComplaint } from '../../flow/schema/zone.ts'
import { notePassword } from '../../store/people/hands.ts'
import { deletePasswordLinks } from '../../store/people/password-links.ts'
import { changePreferences } from '../../store/people/preferences.ts'
import {
  endOtherSessions,
  endSessionById,
  listSessions,
  passwordHashOf,
  setPassword,
} from '../../store/people/sessions.ts'
import { personAsks } from '../http/access.ts'
import type { Attempts } from './attempts.ts'
import { auditDeed } from '../http/audit.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { hashPassword, refuseWeak, verifyPassword } from './passwords.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { changeSecret, IDLE_MINUTES } from '../http/sessions.ts'

/** What somebody may see and change of themselves. An API token may not: it stands for a script. */
export function ownRoutes(api: Api, parts: AppParts, attempts: Attempts): void {
  const tags = ['yourself']

  api.get(
    '/me/sessions',
    {
      schema: { summary: 'List where you are signed in', tags, response: { 200: SessionList } },
      config: { permission: 'signed-in', codes: ['NOT_ALLOWED'] },
    },
    async (request) => {
      const { person, session } = personAsks(request)
      const rows = await listSessions(parts.system, person.id, session, IDLE_MINUTES)
      return {
        items: rows.map(({ createdAt, seenAt, expiresAt, ...row }) => ({
          ...row,
          createdAt: createdAt.toISOString(),
          seenAt: seenAt.toISOString(),
          expiresAt: expiresAt.toISOString(),
        })),
      }
    },
  )

  api.delete(
    '/me/sessions/:session',
    {
      schema: { summary: 'Sign out somewhere', tags, params: SessionParams, response: { 204: Type.Null() } },
      config: { permission: 'signed-in', codes: ['NOT_ALLOWED', 'NOT_FOUND'] },
    },
    async (request, reply) => {
      const { person } = personAsks(request)
      await parts.system.transaction().execute(async (tx) => {
        found((await endSessionById(tx, person.id, request.params.session)) || undefined, 'session')
        await auditDeed(tx, INSTALLATION, request)
      })
      return reply.code(204).send(null)
    },
  )

  api.delete(
    '/me/sessions',
    {
      schema: { summary: 'Sign out everywhere else', tags, response: { 204: Type.Null() } },
      config: { permission: 'signed-in', codes: ['NOT_ALLOWED'] },
    },
    async (request, reply) => {
      const { person, session } = personAsks(request)
      await parts.system.transaction().execute(async (tx) => {
        await endOtherSessions(tx, person.id, session)
        await auditDeed(tx, INSTALLATION, request)
      })
      return reply.code(204).send(null)
    },
  )

  api.put(
    '/me/password',
    {
      schema: {
        summary: 'Change your password. All your other sessions end, and the cookie of this one is another',
        tags,
        body: PasswordChange,
        response: { 204: Type.Null() },
      },
      config: {
        permission: 'signed-in',
        codes: ['NOT_ALLOWED', 'PASSWORD_WRONG', 'PASSWORD_WEAK', 'RATE_LIMITED'],
        rateLimit: { max: 10, timeWindow: '1 minute' },
      },
    },
    async (request, reply) => {
      const { person, session, means } = personAsks(request)
      const { current, next } = request.body
      attempts.begin(person.email, 'signed in')
      if (!(await verifyPassword(current, (await passwordHashOf(parts.system, person.id)) ?? undefined))) {
        throw new ApiProblem('PASSWORD_WRONG')
      }
      attempts.succeeded(person.email, 'signed in')
      refuseWeak(next, person)
      const hash = await hashPassword(next)
      await parts.system.transaction().execute(async (tx) => {
        await setPassword(tx, person.id, hash)
        // Who came by single sign-on is the person; who came by the last password may be whoever else knew it.
        if (means === 'sso') await notePassword(tx, person.id, null)
        await endOtherSessions(tx, person.id, session)
        await deletePasswordLinks(tx, person.id)
        await auditDeed(tx, INSTALLATION, request)
      })
      // A copy of the cookie may be what the password was changed for.
      await changeSecret(parts, reply, session)
      return reply.code(204).send(null)
    },
  )

  api.patch(
    '/me/preferences',
    {
      schema: {
        summary: 'Say how you want things written and shown: what is named changes, what is null follows the browser',
        tags,
        body: PreferencesChange,
        response: { 200: Preferences },
      },
      config: { permission: 'signed-in', codes: ['NOT_ALLOWED'] },
    },
    async (request) => {
      const { person } = personAsks(request)
      const { weekly, ...fields } = request.body
      for (const name of [fields.zone, weekly?.zone]) {
        const noZone = name == null ? undefined : zoneComplaint(name)
        if (noZone !== undefined) throw new ApiProblem('REQUEST_INVALID', `Time zone: ${noZone}`)
      }
      const [unset, set] = [Object.entries(fields).filter(isNull), Object.entries(fields).filter((one) => !isNull(one))]
      return changePreferences(parts.system, person.id, {
        ...{ set: Object.fromEntries(set), unset: unset.map(([name]) => name), weekly },
      })
    },
  )
}

const isNull = ([, value]: [string, unknown]): boolean => value === null
