import type { Transaction } from 'kysely'
import type { ApprovalRow } from '../../store/flow/approvals.ts'
import { handsOf, type Link, linksOf } from '../../store/people/hands.ts'
import type { Database } from '../../store/database/schema.ts'
import type { AppParts } from '../http/parts.ts'

type Tx = Transaction<Database>

/** What the link of one to the other was, for people. */
export function sayLink({ how, userName, byName }: Pick<Link, 'how' | 'userName' | 'byName'>): string {
  return how === 'joined'
    ? `${userName} joined by a link that ${byName} handed over, and may be ${byName}.`
    : `The password of ${userName} was set by a link that ${byName} handed over, who may know it.`
}

/** What somebody can do about it, here. */
export function sayRemedy({ sso, mail, config }: Pick<AppParts, 'sso' | 'mail' | 'config'>, names: string): string {
  const domains = config.peopleDomains ?? []
  const ways = [
    ...(sso
      ? [`connect ${sso.name} under “Your account”, and change the password there while signed in that way`]
      : []),
    ...(mail && domains.length > 0
      ? [`set a new password by the e-mail of “Forgotten password”, with an address of ${domains.join(' or ')}`]
      : []),
  ]
  const operator = 'whoever runs the installation vouches for them with “npm run recover -- EMAIL --vouch”'
  if (ways.length === 0) return `To count as a person of their own: ${operator}.`
  return `To count as a person of their own, ${names} can ${ways.join(', or ')}; or ${operator}.`
}

/**
 * Why somebody may not decide a request: the links by which they may be one of those who asked for it or had a part in it.
 * Undefined if none are the same. The database refuses such an approval too (0055-hands.ts).
 */
export async function whyOneHand(
  tx: Tx,
  parts: AppParts,
  workspace: string,
  { asked_by, authors }: Pick<ApprovalRow, 'asked_by' | 'authors'>,
  person: string,
): Promise<string | undefined> {
  const others = [...new Set([...authors, asked_by])]
  const hands = await handsOf(tx, workspace, [person, ...others])
  const own = hands.get(person) ?? new Set([person])
  const same = others.filter((other) => !own.isDisjointFrom(hands.get(other) ?? new Set([other])))
  if (same.length === 0) return undefined
  const links = await linksOf(tx, workspace, [person, ...same])
  if (links.length === 0) return undefined // what joined them has ended: they had a part in it themselves
  const names = [...new Set(links.map(({ userName }) => userName))].join(' and ')
  return `${links.map(sayLink).join(' ')} ${sayRemedy(parts, names)} Then it is asked for anew; or a third person approves it.`
}

/** Whom of some people each may approve for, and, if that is not everybody else, why not. */
export async function whoForWhom(
  tx: Tx,
  parts: AppParts,
  workspace: string,
  people: readonly { readonly id: string; readonly name: string }[],
): Promise<{ readonly id: string; readonly for: readonly string[]; readonly why: string | null }[]> {
  const ids = people.map(({ id }) => id)
  const [hands, links] = [await handsOf(tx, workspace, ids), await linksOf(tx, workspace, ids)]
  return people.map(({ id, name }) => {
    const own = hands.get(id) ?? new Set([id])
    const apart = people.filter((other) => own.isDisjointFrom(hands.get(other.id) ?? new Set([other.id])))
    const mine = links.filter(({ user }) => user === id)
    const why = mine.length === 0 ? null : `${mine.map(sayLink).join(' ')} ${sayRemedy(parts, name)}`
    return { id, for: apart.map((other) => other.id), why }
  })
}
