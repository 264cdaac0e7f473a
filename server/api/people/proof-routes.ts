import { Type } from 'typebox'
import { INSTALLATION } from '../../audit/chain.ts'
import { ProofRequest } from '../../contract/proofs.ts'
import { noteProof } from '../../store/people/people.ts'
import { passwordHashOf } from '../../store/people/sessions.ts'
import { personAsks } from '../http/access.ts'
import type { Attempts } from './attempts.ts'
import { auditDeed } from '../http/audit.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { verifyPassword } from './passwords.ts'
import { ApiProblem } from '../http/problems.ts'
import { hasSecondFactor, takeCode } from './second-factor.ts'

/** The proof that dangerous acts ask for, and the second factor of somebody who came without one. */
export function proofRoutes(api: Api, parts: AppParts, attempts: Attempts): void {
  api.post(
    '/session/proof',
    {
      schema: {
        summary: 'Show once more that it is you: by a code if you have a second factor, else by the password',
        tags: ['signing in'],
        body: ProofRequest,
        response: { 204: Type.Null() },
      },
      config: {
        permission: 'signed-in',
        codes: ['NOT_ALLOWED', 'PASSWORD_WRONG', 'SECOND_FACTOR_WRONG', 'RATE_LIMITED'],
        rateLimit: { max: 20, timeWindow: '1 minute' },
      },
    },
    async (request, reply) => {
      const { person, session } = personAsks(request)
      const { password, code } = request.body
      const byCode = await hasSecondFactor(parts, person.id)
      if (byCode ? code === undefined : password === undefined) {
        throw new ApiProblem('REQUEST_INVALID', byCode ? 'Give the code of your app.' : 'Give your password.')
      }
      attempts.begin(person.email, 'signed in')
      const right = byCode
        ? await takeCode(parts, person.id, code ?? '')
        : await verifyPassword(password ?? '', (await passwordHashOf(parts.system, person.id)) ?? undefined)
      if (!right) {
        await auditDeed(parts.system, INSTALLATION, request, { action: 'person.proof-refused' })
        throw new ApiProblem(byCode ? 'SECOND_FACTOR_WRONG' : 'PASSWORD_WRONG')
      }
      attempts.succeeded(person.email, 'signed in')
      await parts.system.transaction().execute(async (tx) => {
        await noteProof(tx, session, byCode)
        await auditDeed(tx, INSTALLATION, request, { told: { detail: { by: byCode ? right : 'password' } } })
      })
      return reply.code(204).send(null)
    },
  )
}
