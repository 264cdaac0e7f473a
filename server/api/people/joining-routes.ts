import { InvitationAccept, InvitationCard, InvitationLook, Me } from '../../contract/people.ts'
import { newId } from '../../store/database/ids.ts'
import { noteJoined } from '../../store/people/hands.ts'
import { findInvitation, noteAccepted } from '../../store/people/members.ts'
import { findPersonByEmail, insertPerson } from '../../store/people/people.ts'
import { insertMember } from '../../store/workspace/workspaces.ts'
import { recognise } from '../http/access.ts'
import { auditDeed } from '../http/audit.ts'
import { rememberBrowser } from './known-browsers.ts'
import { describeMe } from './me.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { hashPassword, refuseWeak } from './passwords.ts'
import { ApiProblem } from '../http/problems.ts'
import { hashSecret, startSession } from '../http/sessions.ts'

/** What somebody does with an invitation's link. Address, role and workspace are the invitation's, whatever is sent. */
export function joiningRoutes(api: Api, parts: AppParts): void {
  const tags = ['signing in']
  const rateLimit = { max: 20, timeWindow: '1 minute' }

  api.post(
    '/invitations/look',
    {
      schema: {
        summary: 'Say what an invitation is for',
        tags,
        body: InvitationLook,
        response: { 200: InvitationCard },
      },
      config: { permission: 'public', codes: ['REQUEST_INVALID', 'INVITATION_DEAD', 'RATE_LIMITED'], rateLimit },
    },
    async (request) => {
      const invitation = await findInvitation(parts.system, hashSecret(request.body.token))
      if (!invitation) throw new ApiProblem('INVITATION_DEAD')
      const { workspaceName: workspace, email, role, rule } = invitation
      return { workspace, email, role, sso: rule.sso }
    },
  )

  api.post(
    '/invitations/accept',
    {
      schema: {
        summary: 'Accept an invitation: become a member, and be signed in',
        tags,
        body: InvitationAccept,
        response: { 201: Me },
      },
      config: {
        permission: 'public',
        codes: [
          'REQUEST_INVALID',
          'INVITATION_DEAD',
          'INVITATION_OF_OTHER',
          'SSO_REQUIRED',
          'PASSWORD_WEAK',
          'RATE_LIMITED',
          'ORIGIN_REFUSED',
        ],
        rateLimit,
      },
    },
    async (request, reply) => {
      const { token, name, password } = request.body
      const hash = hashSecret(token)
      const looked = await findInvitation(parts.system, hash)
      if (!looked) throw new ApiProblem('INVITATION_DEAD')
      const known = await findPersonByEmail(parts.system, looked.email)
      const who = await recognise(request, parts)
      // Who has an account proves it by signing in, not by a link that may have been forwarded.
      const own = known && who?.via === 'session' && who.person.id === known.id ? { known, who } : undefined
      if (looked.rule.sso && own?.who.means !== 'sso')
        throw new ApiProblem('SSO_REQUIRED', 'The workspace takes only people who come by single sign-on.')
      if (!own && (name === undefined || password === undefined)) {
        throw new ApiProblem('REQUEST_INVALID', `Give your name and a password, or sign in with ${looked.email} first.`)
      }
      const person = own?.known ?? { id: newId(), email: looked.email, name: name! }
      if (!own) refuseWeak(password!, person)
      const passwordHash = own ? undefined : await hashPassword(password!)
      // Up to here all is alike, whoever the address belongs to. Whoever invited has the link as well: finding out by it
      // whether there is an account takes making one, or leaves this entry.
      if (known && !own) {
        const told = { subject: { invitation: looked.id } }
        await auditDeed(parts.system, looked.workspace, request, { action: 'invitation.accept-refused', told })
        throw new ApiProblem(
          'INVITATION_OF_OTHER',
          `It is for ${looked.email}. Sign in with this address, then open the link again.`,
        )
      }
      await parts.system.transaction().execute(async (tx) => {
        const taken = await findInvitation(tx, hash, { take: true })
        if (!taken) throw new ApiProblem('INVITATION_DEAD')
        if (passwordHash !== undefined) {
          // Of two links to one new address, used at once, the second finds the person there.
          if (await findPersonByEmail(tx, person.email)) throw new ApiProblem('INVITATION_OF_OTHER')
          await insertPerson(tx, { ...person, passwordHash })
          await noteJoined(tx, person.id, taken.by)
        }
        await noteAccepted(tx, taken, person.id)
        await insertMember(tx, taken.workspace, person.id, taken.role)
        await auditDeed(tx, taken.workspace, request, {
          person: { id: person.id, email: person.email, name: person.name },
          told: { subject: { invitation: taken.id, user: person.id }, detail: { role: taken.role } },
        })
      })
      const how = own
        ? { means: own.who.means, second: own.who.second }
        : await startSession(parts, request, reply, person.id)
      // So that no stranger who guesses shuts them out before they have signed in once more.
      if (!own) rememberBrowser(parts, request, reply, person.email)
      const self = { id: person.id, email: person.email, name: person.name }
      return reply.code(201).send(await describeMe(parts, { via: 'session', person: self, ...how }))
    },
  )
}
