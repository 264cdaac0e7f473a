import { Type } from 'typebox'
import { INSTALLATION } from '../../audit/chain.ts'
import { PASSWORD_PAGE } from '../../contract/paths.ts'
import { ForgottenPassword, MemberParams, PasswordLink, PasswordReset } from '../../contract/people.ts'
import { isOwnAddress } from '../../proof/own-address.ts'
import { notePassword, noteProven } from '../../store/people/hands.ts'
import { listMembers } from '../../store/people/members.ts'
import {
  deletePasswordLinks,
  findPasswordLink,
  insertPasswordLink,
  isWithin,
  takePasswordLink,
  wasSentLink,
} from '../../store/people/password-links.ts'
import { findPersonByEmail } from '../../store/people/people.ts'
import { endOtherSessions, setPassword } from '../../store/people/sessions.ts'
import { personAsks } from '../http/access.ts'
import { auditDeed, tell } from '../http/audit.ts'
import { rememberBrowser } from './known-browsers.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { hashPassword, refuseWeak } from './passwords.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { hashSecret, newSecret } from '../http/sessions.ts'

const MAIL_MINUTES = 60
/** Nobody gets another link sooner, in minutes: else a stranger could fill a mailbox, and end each link before it is used. */
const AGAIN_MINUTES = 5
export const LINK_MINUTES = 24 * 60

/** A password that was forgotten is set anew by a link that works once. A second factor stays what it was. */
export function passwordRoutes(api: Api, parts: AppParts): void {
  const { system, config } = parts

  api.post(
    '/password/forgotten',
    {
      schema: {
        summary: 'Ask for an e-mail with a link that sets the password anew. The answer is the same for a stranger',
        tags: ['signing in'],
        body: ForgottenPassword,
        response: { 202: Type.Null() },
      },
      config: {
        permission: 'public',
        codes: ['REQUEST_INVALID', 'NOT_FOUND', 'RATE_LIMITED', 'ORIGIN_REFUSED'],
        rateLimit: { max: 5, timeWindow: '1 minute' },
      },
    },
    async (request, reply) => {
      const { mail } = parts
      const origin = parts.mailLinks ?? config.publicUrl
      if (!mail || origin === undefined) {
        throw new ApiProblem(
          'NOT_FOUND',
          'This installation sends no e-mail. Ask an owner of your workspace for a link.',
        )
      }
      const { email } = request.body
      const send = async () => {
        const person = await findPersonByEmail(system, email)
        if (!person) return
        const secret = newSecret()
        const { passwordHash: _, ...shown } = person
        const made = await system.transaction().execute(async (tx) => {
          if (await wasSentLink(tx, person.id, AGAIN_MINUTES)) return false
          const link = { hash: hashSecret(secret), user: person.id, madeBy: 'mail', minutes: MAIL_MINUTES } as const
          await insertPasswordLink(tx, link)
          await auditDeed(tx, INSTALLATION, request, { person: shown })
          return true
        })
        if (!made) return
        await mail.send({
          to: person.email,
          subject: 'Set a new password for Tieline',
          text: `Somebody, probably you, asked for a new password for Tieline.\n\nOpen this link within an hour to set one:\n${origin}${PASSWORD_PAGE}#${secret}\n\nIf it was not you, do nothing: your password stays as it is.\n`,
        })
      }
      // After the answer: neither its time nor a failure of the mail tells whether somebody is there.
      setImmediate(() => void send().catch((error: unknown) => request.log.error({ err: error }, 'mail was not sent')))
      return reply.code(202).send(null)
    },
  )

  api.put(
    '/password',
    {
      schema: {
        summary: 'Set the password anew with the link of an e-mail, an owner or the command line. All sessions end',
        tags: ['signing in'],
        body: PasswordReset,
        response: { 204: Type.Null() },
      },
      config: {
        permission: 'public',
        codes: ['REQUEST_INVALID', 'PASSWORD_LINK_DEAD', 'PASSWORD_WEAK', 'RATE_LIMITED', 'ORIGIN_REFUSED'],
        rateLimit: { max: 20, timeWindow: '1 minute' },
      },
    },
    async (request, reply) => {
      const { token, password } = request.body
      const hash = hashSecret(token)
      const person = await findPasswordLink(system, hash)
      if (!person) throw new ApiProblem('PASSWORD_LINK_DEAD')
      refuseWeak(password, person)
      const passwordHash = await hashPassword(password)
      await system.transaction().execute(async (tx) => {
        const link = await takePasswordLink(tx, hash)
        if (!link) throw new ApiProblem('PASSWORD_LINK_DEAD')
        await deletePasswordLinks(tx, person.id)
        await setPassword(tx, person.id, passwordHash)
        let ended = await notePassword(tx, person.id, link.by)
        if (link.vouches) ended += await noteProven(tx, person.id, 'command')
        else if (link.madeBy === 'mail' && isOwnAddress(config.peopleDomains ?? [], person.email, 'mail'))
          ended += await noteProven(tx, person.id, 'mail')
        if (ended > 0) tell(request, { detail: { tokens: ended } })
        await endOtherSessions(tx, person.id, undefined)
        await auditDeed(tx, INSTALLATION, request, { person })
      })
      // Whoever was shut out by the guesses of others comes in after this.
      rememberBrowser(parts, request, reply, person.email)
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/workspaces/:workspace/members/:user/password-link',
    {
      schema: {
        summary: 'Make a link with which a member sets a new password. It is shown this once, works once and for a day',
        tags: ['people'],
        params: MemberParams,
        response: { 201: PasswordLink },
      },
      config: { permission: 'people.manage', stepUp: true },
    },
    async (request, reply) => {
      const { user } = request.params
      const members = await inTenant(parts, request, listMembers)
      const member = found(
        members.find((one) => one.user === user),
        'member',
      )
      // An account is of all its workspaces: the owner of one of them must not get into the others with it.
      if (!(await isWithin(system, user, personAsks(request).person.id))) {
        throw new ApiProblem(
          'NOT_ALLOWED',
          `${member.name} is also in a workspace that you do not own. They use “Forgotten password”, or whoever runs the installation helps with “npm run recover”.`,
        )
      }
      const secret = newSecret()
      tell(request, { subject: { user } })
      await system.transaction().execute(async (tx) => {
        await insertPasswordLink(tx, {
          hash: hashSecret(secret),
          user,
          madeBy: 'owner',
          madeByUser: personAsks(request).person.id,
          minutes: LINK_MINUTES,
        })
        await auditDeed(tx, request.params.workspace, request)
      })
      const origin = config.publicUrl ?? `${request.protocol}://${request.host}`
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ link: `${origin}${PASSWORD_PAGE}#${secret}` })
    },
  )
}
