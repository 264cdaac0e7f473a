import type { Kysely } from 'kysely'
import { SETUP_PAGE } from '../contract/paths.ts'
import { addSetupLink, anyPerson, deleteSetupLinks } from '../store/people.ts'
import type { Database } from '../store/schema.ts'
import { hashSecret, newSecret } from './sessions.ts'

const HOURS = 24

/**
 * Nobody can come in before a one-time link was opened: it makes the owner. Each start of a product without an owner
 * makes a link that works beside earlier ones; the first to be used ends all.
 * @returns where to go, from the root of the web app; nothing once there is an owner.
 */
export async function ensureSetupLink(system: Kysely<Database>): Promise<string | undefined> {
  if (await anyPerson(system)) return undefined
  const token = newSecret()
  await addSetupLink(system, hashSecret(token), HOURS)
  // Behind `#`: what stands there reaches no log of a server or proxy.
  return `${SETUP_PAGE}#${token}`
}

/** For a link that was lost, or seen by somebody else: all earlier ones end. */
export async function replaceSetupLink(system: Kysely<Database>): Promise<string | undefined> {
  await deleteSetupLinks(system)
  return ensureSetupLink(system)
}
