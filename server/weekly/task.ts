import type { Kysely, Transaction } from 'kysely'
import type { Automation } from '../contract/automations.ts'
import { API, STOP_LETTERS } from '../contract/paths.ts'
import { type Mail, whatBecame } from '../mail.ts'
import { inWorkspace } from '../store/database/database.ts'
import type { Database, Role } from '../store/database/schema.ts'
import type { Keyring } from '../store/key/secrets.ts'
import { countUnknowns } from '../store/effect/unknown-effects.ts'
import { claimLetter, type Reader, releaseLetter, settleLetter, weeklyReaders } from '../store/alert/weekly-letters.ts'
import { MOST_DOUBTS, weeklyLetter } from './letter.ts'
import { stopToken } from './stop-link.ts'
import { dueWeek } from './week.ts'

export type WeeklyParts = {
  readonly app: Kysely<Database>
  /** The server of the installation; undefined: nobody gets a letter. */
  readonly mail: Mail | undefined
  /** Where people open the product, for the links. */
  readonly url: string | undefined
  /** Signs the link that stops the letter. */
  readonly keys: Keyring
  /** The automations of a workspace as somebody of a role sees them. */
  describe(tx: Transaction<Database>, workspace: string, role: Role): Promise<readonly Automation[]>
  readonly log: { error(fields: object, message: string): void }
}

/** On Monday mornings, by the clock of each person, those who asked for it get the week of their workspaces. */
export const weeklyLetters = (parts: WeeklyParts) => ({
  name: 'weekly-letters',
  everySeconds: 600,
  async run(system: Kysely<Database>, now = new Date()): Promise<void> {
    const { mail, url } = parts
    if (mail === undefined || url === undefined) return
    for (const reader of await weeklyReaders(system)) {
      try {
        const week = dueWeek(reader.zone, now)
        if (week === undefined || (reader.last !== null && reader.last >= week)) continue
        await tell({ ...parts, system, mail, url }, reader, week)
      } catch (error) {
        // The others get theirs.
        parts.log.error({ err: error, workspace: reader.workspace }, 'a weekly letter could not be sent')
      }
    }
  },
})

type Sending = WeeklyParts & { readonly system: Kysely<Database>; readonly mail: Mail; readonly url: string }

async function tell(
  { app, system, mail, url, keys, describe }: Sending,
  { workspace, workspaceName, user, email, name, numbers, role }: Reader,
  week: string,
): Promise<void> {
  const stop = `${url}${API}${STOP_LETTERS}/${stopToken(keys, user, workspace)}`
  const own = <T>(work: (tx: Transaction<Database>) => Promise<T>) => inWorkspace(app, workspace, work)
  const letter = await own(async (tx) =>
    weeklyLetter({
      ...{ name, numbers, workspace: { id: workspace, name: workspaceName }, url, stop },
      automations: await describe(tx, workspace, role),
      doubts: await countUnknowns(tx, workspace, MOST_DOUBTS),
    }),
  )
  // Committed before anything leaves: a process that dies in between has sent nothing, and nobody sends it again.
  if (!(await claimLetter(system, workspace, user, week))) return
  try {
    await mail.send({ to: email, ...letter, headers: stopHeaders(stop) })
  } catch (error) {
    const { state, said } = whatBecame(error)
    await own((tx) =>
      state === 'again'
        ? releaseLetter(tx, workspace, user, week)
        : settleLetter(tx, workspace, user, week, { state, error: said }),
    )
    throw error
  }
  await own((tx) => settleLetter(tx, workspace, user, week, { state: 'sent' }))
}

/**
 * By which mail programs offer to stop it: RFC 2369, section 3.2. One click without a page of ours only over https: RFC 8058,
 * section 3.1.
 */
const stopHeaders = (stop: string) => ({
  'List-Unsubscribe': `<${stop}>`,
  ...(stop.startsWith('https:') ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
})
