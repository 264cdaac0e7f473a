import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { INSTALLATION } from '../../audit/chain.ts'
import type { Claims, SsoFault } from '../../proof/single-sign-on.ts'
import { isOwnAddress } from '../../proof/own-address.ts'
import { noteProven } from '../../store/people/hands.ts'
import { findByIdentity, insertIdentity, type SsoState } from '../../store/people/identities.ts'
import { newId } from '../../store/database/ids.ts'
import { findInvitation, noteAccepted } from '../../store/people/members.ts'
import { findPersonByEmail, insertPerson, noteProof, type Person } from '../../store/people/people.ts'
import type { Database } from '../../store/database/schema.ts'
import { insertMember } from '../../store/workspace/workspaces.ts'
import { recognise } from '../http/access.ts'
import { auditDeed } from '../http/audit.ts'
import type { AppParts } from '../http/parts.ts'
import { startSession } from '../http/sessions.ts'

/** Why nobody came in; the web app says each in words. */
export type SsoFailure =
  | SsoFault
  | 'SSO_EXPIRED'
  | 'SSO_EMAIL_UNVERIFIED'
  | 'SSO_NOT_LINKED'
  | 'SSO_NOBODY'
  | 'SSO_OTHER_ADDRESS'
  | 'SSO_LINKED_OTHERWISE'

type Came = { readonly failure: SsoFailure } | { readonly to: string }

type Coming = { readonly parts: AppParts; readonly request: FastifyRequest; readonly reply: FastifyReply }

/** Whoever the place knows is a person of their own, from now on. */
async function shown({ parts }: Coming, db: Kysely<Database>, person: Person): Promise<void> {
  if (isOwnAddress(parts.config.peopleDomains ?? [], person.email, 'sso')) await noteProven(db, person.id, 'sso')
}

const same = (one: string | undefined, other: string): boolean => one?.toLowerCase() === other.toLowerCase()

/** What the person came back for, now that the place has said who it is. */
export async function comeBack(coming: Coming, begun: SsoState, claims: Claims): Promise<Came> {
  switch (begun.purpose) {
    case 'sign-in':
      return comeIn(coming, begun, claims)
    case 'join':
      return join(coming, begun, claims)
    case 'link':
      return link(coming, begun, claims)
    case 'prove':
      return prove(coming, begun, claims)
    default:
      return begun.purpose satisfies never
  }
}

/** An account is found by the identity alone: an address, verified or not, opens none that was made otherwise. */
async function comeIn(coming: Coming, begun: SsoState, claims: Claims): Promise<Came> {
  const { parts, request, reply } = coming
  const person = await findByIdentity(parts.system, claims.issuer, claims.subject)
  if (!person) {
    if (claims.email === undefined) return { failure: 'SSO_EMAIL_UNVERIFIED' }
    const there = await findPersonByEmail(parts.system, claims.email)
    return { failure: there ? 'SSO_NOT_LINKED' : 'SSO_NOBODY' }
  }
  await shown(coming, parts.system, person)
  await startSession(parts, request, reply, person.id, { means: 'sso', second: false })
  await auditDeed(parts.system, INSTALLATION, request, {
    action: 'person.sign-in',
    person,
    told: { detail: { by: 'sso' } },
  })
  return { to: begun.to ?? '/' }
}

/** Who accepts an invitation this way has the address that was invited, as the place vouches. */
async function join(coming: Coming, begun: SsoState, claims: Claims): Promise<Came> {
  const { parts, request, reply } = coming
  const { invitation } = begun
  const looked = invitation && (await findInvitation(parts.system, invitation))
  if (!invitation || !looked) return { failure: 'SSO_EXPIRED' }
  if (claims.email === undefined) return { failure: 'SSO_EMAIL_UNVERIFIED' }
  if (!same(claims.email, looked.email)) return { failure: 'SSO_OTHER_ADDRESS' }
  const known = await findByIdentity(parts.system, claims.issuer, claims.subject)
  if (known && !same(known.email, looked.email)) return { failure: 'SSO_LINKED_OTHERWISE' }
  if (!known && (await findPersonByEmail(parts.system, looked.email))) return { failure: 'SSO_NOT_LINKED' }
  const name = claims.name || (looked.email.split('@')[0] ?? looked.email)
  const person: Person = known ?? { id: newId(), email: looked.email, name }
  const joined = await parts.system.transaction().execute(async (tx) => {
    const taken = await findInvitation(tx, invitation, { take: true })
    if (!taken) return false
    if (!known) {
      await insertPerson(tx, { ...person, passwordHash: null })
      await insertIdentity(tx, claims.issuer, claims.subject, person.id)
    }
    await noteAccepted(tx, taken, person.id)
    await shown(coming, tx, person)
    await insertMember(tx, taken.workspace, person.id, taken.role)
    const told = { subject: { invitation: taken.id, user: person.id }, detail: { role: taken.role, by: 'sso' } }
    await auditDeed(tx, taken.workspace, request, { action: 'invitation.accept', person, told })
    return true
  })
  if (!joined) return { failure: 'SSO_EXPIRED' }
  await startSession(parts, request, reply, person.id, { means: 'sso', second: false })
  return { to: `/w/${looked.workspace}/flows` }
}

/** Ties the identity to the account that is signed in, which has proved itself in its own way, of the same address. */
async function link(coming: Coming, begun: SsoState, claims: Claims): Promise<Came> {
  const { parts, request, reply } = coming
  const who = await recognise(request, parts)
  if (who?.via !== 'session' || who.person.id !== begun.user) return { failure: 'SSO_EXPIRED' }
  if (claims.email === undefined) return { failure: 'SSO_EMAIL_UNVERIFIED' }
  if (!same(claims.email, who.person.email)) return { failure: 'SSO_OTHER_ADDRESS' }
  const known = await findByIdentity(parts.system, claims.issuer, claims.subject)
  if (known && known.id !== who.person.id) return { failure: 'SSO_LINKED_OTHERWISE' }
  if (!known) {
    const linked = await parts.system.transaction().execute(async (tx) => {
      if (!(await insertIdentity(tx, claims.issuer, claims.subject, who.person.id))) return false
      await shown(coming, tx, who.person)
      await auditDeed(tx, INSTALLATION, request, { action: 'identity.link', person: who.person })
      return true
    })
    if (!linked) return { failure: 'SSO_LINKED_OTHERWISE' }
  }
  await startSession(parts, request, reply, who.person.id, { means: 'sso', second: who.second })
  return { to: begun.to ?? '/' }
}

async function prove({ parts, request }: Coming, begun: SsoState, claims: Claims): Promise<Came> {
  const who = await recognise(request, parts)
  if (who?.via !== 'session' || who.person.id !== begun.user) return { failure: 'SSO_EXPIRED' }
  const known = await findByIdentity(parts.system, claims.issuer, claims.subject)
  if (known?.id !== who.person.id) return { failure: 'SSO_OTHER_ADDRESS' }
  await noteProof(parts.system, who.session, false)
  await auditDeed(parts.system, INSTALLATION, request, {
    action: 'person.prove',
    person: who.person,
    told: { detail: { by: 'sso' } },
  })
  return { to: begun.to ?? '/' }
}
