import { timingSafeEqual } from 'node:crypto'
import type { Kysely } from 'kysely'
import { SETUP_PAGE } from '../../contract/paths.ts'
import { addSetupLink, anyPerson, deleteSetupLinks, workingSetupLinks } from '../../store/people/people.ts'
import type { Database } from '../../store/database/schema.ts'
import { blindIndex, type Keyring } from '../../store/key/secrets.ts'
import { hashSecret, newSecret } from '../http/sessions.ts'

const HOURS = 24
/** One with less than this to go is not given out again. */
const LEAST_HOURS = 1

/**
 * Nobody can come in before a one-time link was opened: it makes the owner. Every process of a product without an owner
 * gives out the same link, which follows from the secret key and the moment it was made; only its hash is kept.
 * @returns where to go, from the root of the web app; nothing once there is an owner.
 */
export async function ensureSetupLink(system: Kysely<Database>, keys: Keyring): Promise<string | undefined> {
  if (await anyPerson(system)) return undefined
  return system.transaction().execute(async (tx) => {
    for (const { hash, created_at } of await workingSetupLinks(tx, LEAST_HOURS)) {
      const token = tokenOf(keys, created_at)
      if (timingSafeEqual(hashSecret(token), hash)) return pathOf(token)
    }
    const made = new Date()
    const token = tokenOf(keys, made)
    await addSetupLink(tx, hashSecret(token), HOURS, made)
    return pathOf(token)
  })
}

/** For a link that was lost, or seen by somebody else: all earlier ones end. */
export async function replaceSetupLink(system: Kysely<Database>): Promise<string | undefined> {
  await deleteSetupLinks(system)
  if (await anyPerson(system)) return undefined
  const token = newSecret()
  await addSetupLink(system, hashSecret(token), HOURS)
  return pathOf(token)
}

const tokenOf = (keys: Keyring, made: Date) =>
  blindIndex(keys, '', `set-up link ${made.getTime()}`).toString('base64url')

/** Behind `#`: what stands there reaches no log of a server or proxy. */
const pathOf = (token: string) => `${SETUP_PAGE}#${token}`
