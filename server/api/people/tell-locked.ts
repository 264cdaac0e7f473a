import { findPersonByEmail } from '../../store/people/people.ts'
import type { AppParts } from '../http/parts.ts'

/** Tells somebody that others, or they themselves, failed too often to sign in as them. Nobody is told of a stranger. */
export async function tellLocked({ system, mail, mailLinks, config }: AppParts, account: string): Promise<void> {
  if (!mail) return
  const person = await findPersonByEmail(system, account)
  if (!person) return
  const origin = mailLinks ?? config.publicUrl
  await mail.send({
    to: person.email,
    subject: 'Somebody tries to sign in to Tieline as you',
    text: `Ten tries to sign in to Tieline with your address have failed within a quarter of an hour. Nobody got in, and for a while no further try is looked at.\n\nIf it was not you, set up a second factor under “Your account”${origin ? ` at ${origin}` : ''}.\n`,
  })
}
