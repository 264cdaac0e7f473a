import { Type } from 'typebox'
import { INSTALLATION } from '../../audit/chain.ts'
import { Me, SignInRequest } from '../../contract/people.ts'
import { findPersonByEmail } from '../../store/people/people.ts'
import { whoAsks } from '../http/access.ts'
import type { Attempts } from './attempts.ts'
import { auditDeed } from '../http/audit.ts'
import { knownBrowser, rememberBrowser } from './known-browsers.ts'
import { describeMe } from './me.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { verifyPassword } from './passwords.ts'
import { ApiProblem } from '../http/problems.ts'
import { hasSecondFactor, takeCode } from './second-factor.ts'
import { endSession, startSession } from '../http/sessions.ts'

export function sessionRoutes(api: Api, parts: AppParts, attempts: Attempts): void {
  api.post(
    '/session',
    {
      schema: { summary: 'Sign in', tags: ['signing in'], body: SignInRequest, response: { 200: Me } },
      config: {
        permission: 'public',
        codes: [
          'REQUEST_INVALID',
          'SIGN_IN_REFUSED',
          'SECOND_FACTOR_ASKED',
          'SECOND_FACTOR_WRONG',
          'RATE_LIMITED',
          'ORIGIN_REFUSED',
        ],
        rateLimit: { max: 20, timeWindow: '1 minute' },
      },
    },
    async (request, reply) => {
      const { email, password, code } = request.body
      const trier = { browser: knownBrowser(parts, request, email) }
      attempts.begin(email, trier)
      const person = await findPersonByEmail(parts.system, email)
      const right = await verifyPassword(password, person?.passwordHash ?? undefined)
      if (!person || !right) {
        // Whether somebody is there or not, or the time of the answer would tell. Of somebody who is not, the address is
        // not kept: it may be a password typed into the wrong field.
        await auditDeed(parts.system, INSTALLATION, request, {
          action: 'person.sign-in-refused',
          ...(person ? { person } : {}),
        })
        throw new ApiProblem('SIGN_IN_REFUSED')
      }
      const { passwordHash: _, ...shown } = person
      const second = await hasSecondFactor(parts, person.id)
      // Counted as a try until the code is right: who knows a password has no more guesses at the code for it.
      if (second && code === undefined) throw new ApiProblem('SECOND_FACTOR_ASKED')
      const by = second ? await takeCode(parts, person.id, code ?? '') : 'password'
      if (!by) {
        await auditDeed(parts.system, INSTALLATION, request, { action: 'person.sign-in-refused', person: shown })
        throw new ApiProblem('SECOND_FACTOR_WRONG')
      }
      attempts.succeeded(email, trier)
      const how = await startSession(parts, request, reply, person.id, { means: 'password', second })
      rememberBrowser(parts, request, reply, person.email)
      await auditDeed(parts.system, INSTALLATION, request, { person: shown, told: { detail: { by } } })
      return describeMe(parts, { via: 'session', person: shown, ...how })
    },
  )

  api.delete(
    '/session',
    {
      schema: { summary: 'Sign out', tags: ['signing in'], response: { 204: Type.Null() } },
      config: { permission: 'signed-in' },
    },
    async (request, reply) => {
      const who = whoAsks(request)
      if (who.via === 'session') {
        await endSession(parts, reply, who.session)
        await auditDeed(parts.system, INSTALLATION, request)
      }
      return reply.code(204).send(null)
    },
  )

  api.get(
    '/me',
    {
      schema: { summary: 'Say who is signed in, and where', tags: ['signing in'], response: { 200: Me } },
      config: { permission: 'signed-in' },
    },
    async (request) => describeMe(parts, whoAsks(request)),
  )
}
