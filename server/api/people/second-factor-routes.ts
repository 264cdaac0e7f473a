import { Type } from 'typebox'
import { INSTALLATION } from '../../audit/chain.ts'
import { RecoveryCodes, SecondFactorCode, SecondFactorOffer, SecondFactorState } from '../../contract/proofs.ts'
import { qrCode } from '../../proof/qr-code.ts'
import { newRecoveryCodes, plainRecoveryCode } from '../../proof/recovery-codes.ts'
import { base32, matchingStep, newTotpSecret, totpAddress } from '../../proof/totp.ts'
import { noteProof } from '../../store/people/people.ts'
import {
  confirmSecondFactor,
  countRecoveryCodes,
  findSecondFactor,
  offerSecondFactor,
  removeSecondFactor,
  replaceRecoveryCodes,
  takeStep,
} from '../../store/people/second-factors.ts'
import { open, seal } from '../../store/key/secrets.ts'
import { endOtherSessions } from '../../store/people/sessions.ts'
import { personAsks } from '../http/access.ts'
import type { Attempts } from './attempts.ts'
import { auditDeed } from '../http/audit.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'
import { recoveryHash, secretPlace } from './second-factor.ts'

/** An authenticator app beside the password: set up, given up, and the codes for the day the phone is lost. */
export function secondFactorRoutes(api: Api, parts: AppParts, attempts: Attempts): void {
  const tags = ['yourself']
  const { system, keys } = parts

  const newCodes = async (db: typeof system, user: string): Promise<string[]> => {
    const codes = newRecoveryCodes()
    const hashes = codes.map((code) => recoveryHash(keys, user, plainRecoveryCode(code) ?? code))
    await replaceRecoveryCodes(db, user, hashes)
    return codes
  }

  api.get(
    '/me/second-factor',
    {
      schema: { summary: 'Say whether you have a second factor', tags, response: { 200: SecondFactorState } },
      config: { permission: 'signed-in', codes: ['NOT_ALLOWED'] },
    },
    async (request) => {
      const { person } = personAsks(request)
      const factor = await findSecondFactor(system, person.id)
      if (!factor?.since) return { since: null, recoveryCodes: 0 }
      return { since: factor.since.toISOString(), recoveryCodes: await countRecoveryCodes(system, person.id) }
    },
  )

  api.post(
    '/me/second-factor',
    {
      schema: {
        summary: 'Begin to set up an authenticator app. It counts once a first code has come back',
        tags,
        response: { 201: SecondFactorOffer },
      },
      config: { permission: 'signed-in', stepUp: true, codes: ['NOT_ALLOWED', 'SECOND_FACTOR_ON'] },
    },
    async (request, reply) => {
      const { person } = personAsks(request)
      const secret = newTotpSecret()
      const sealed = seal(keys, secretPlace(person.id), secret)
      await system.transaction().execute(async (tx) => {
        if (!(await offerSecondFactor(tx, person.id, sealed))) throw new ApiProblem('SECOND_FACTOR_ON')
        await auditDeed(tx, INSTALLATION, request)
      })
      const address = totpAddress(secret, person.email)
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ secret: base32(secret), address, qr: qrCode(address) })
    },
  )

  api.put(
    '/me/second-factor',
    {
      schema: {
        summary:
          'Confirm the authenticator app with its first code. Your other sessions end; recovery codes are shown once',
        tags,
        body: SecondFactorCode,
        response: { 200: RecoveryCodes },
      },
      config: {
        permission: 'signed-in',
        stepUp: true,
        codes: ['NOT_ALLOWED', 'SECOND_FACTOR_ON', 'SECOND_FACTOR_OFF', 'SECOND_FACTOR_WRONG', 'RATE_LIMITED'],
      },
    },
    async (request, reply) => {
      const { person, session } = personAsks(request)
      const factor = await findSecondFactor(system, person.id)
      if (!factor) throw new ApiProblem('SECOND_FACTOR_OFF')
      if (factor.since) throw new ApiProblem('SECOND_FACTOR_ON')
      attempts.begin(person.email, 'signed in')
      const code = request.body.code.replace(/\s/g, '')
      const step = matchingStep(open(keys, secretPlace(person.id), factor.secret), code, Date.now())
      if (step === undefined) {
        throw new ApiProblem(
          'SECOND_FACTOR_WRONG',
          'This is not the code of now. Is the clock of the phone right? Then scan the picture once more.',
        )
      }
      const codes = await system.transaction().execute(async (tx) => {
        if (!(await takeStep(tx, person.id, step))) throw new ApiProblem('SECOND_FACTOR_WRONG')
        await confirmSecondFactor(tx, person.id)
        await noteProof(tx, session, true)
        await endOtherSessions(tx, person.id, session)
        await auditDeed(tx, INSTALLATION, request)
        return newCodes(tx, person.id)
      })
      attempts.succeeded(person.email, 'signed in')
      return reply.header('cache-control', 'no-store').send({ codes })
    },
  )

  api.post(
    '/me/second-factor/recovery-codes',
    {
      schema: { summary: 'Make new recovery codes; those before end', tags, response: { 201: RecoveryCodes } },
      config: { permission: 'signed-in', stepUp: true, codes: ['NOT_ALLOWED', 'SECOND_FACTOR_OFF'] },
    },
    async (request, reply) => {
      const { person } = personAsks(request)
      const codes = await system.transaction().execute(async (tx) => {
        if (!(await findSecondFactor(tx, person.id))?.since) throw new ApiProblem('SECOND_FACTOR_OFF')
        await auditDeed(tx, INSTALLATION, request)
        return newCodes(tx, person.id)
      })
      return reply.code(201).header('cache-control', 'no-store').send({ codes })
    },
  )

  api.delete(
    '/me/second-factor',
    {
      schema: { summary: 'Turn the second factor off. Its recovery codes end', tags, response: { 204: Type.Null() } },
      config: { permission: 'signed-in', stepUp: true, codes: ['NOT_ALLOWED', 'SECOND_FACTOR_OFF'] },
    },
    async (request, reply) => {
      const { person } = personAsks(request)
      await system.transaction().execute(async (tx) => {
        if (!(await removeSecondFactor(tx, person.id))) throw new ApiProblem('SECOND_FACTOR_OFF')
        await auditDeed(tx, INSTALLATION, request)
      })
      return reply.code(204).send(null)
    },
  )
}
