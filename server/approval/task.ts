import type { Kysely, Transaction } from 'kysely'
import { type Mail, whatBecame } from '../mail.ts'
import { inWorkspace } from '../store/database/database.ts'
import type { Database } from '../store/database/schema.ts'
import {
  claimApprovalLetter,
  dueApprovalLetters,
  type DueLetter,
  releaseApprovalLetter,
  settleApprovalLetter,
} from '../store/flow/approval-letters.ts'
import { approvalLetter } from './letter.ts'

export type ApprovalLetterParts = {
  readonly app: Kysely<Database>
  /** The server of the installation; undefined: nobody gets a letter. */
  readonly mail: Mail | undefined
  /** Where people open the product, for the links. */
  readonly url: string | undefined
  /** Roles that may approve. */
  readonly approvers: readonly string[]
  readonly log: { error(fields: object, message: string): void }
}

/** Whoever may approve hears that something waits for them, and whoever asked hears how it ended. */
export const approvalLetters = (parts: ApprovalLetterParts) => ({
  name: 'approval-letters',
  everySeconds: 60,
  async run(system: Kysely<Database>): Promise<void> {
    const { mail, url, approvers } = parts
    if (mail === undefined || url === undefined) return
    for (const due of await dueApprovalLetters(system, approvers)) {
      try {
        await tell({ ...parts, mail, url }, due)
      } catch (error) {
        // The others get theirs.
        const { workspace, approval } = due
        parts.log.error({ err: error, workspace, approval }, 'a letter about an approval could not be sent')
      }
    }
  },
})

async function tell(
  { app, mail, url, approvers }: ApprovalLetterParts & { readonly mail: Mail; readonly url: string },
  due: DueLetter,
): Promise<void> {
  const own = <T>(work: (tx: Transaction<Database>) => Promise<T>) => inWorkspace(app, due.workspace, work)
  // Committed before anything leaves: a process that dies in between has sent nothing, and nobody sends it again.
  if (!(await own((tx) => claimApprovalLetter(tx, due, approvers)))) return
  try {
    await mail.send({ to: due.email, ...approvalLetter(due, url) })
  } catch (error) {
    const { state, said } = whatBecame(error)
    await own((tx) =>
      state === 'again' ? releaseApprovalLetter(tx, due) : settleApprovalLetter(tx, due, { state, error: said }),
    )
    throw error
  }
  await own((tx) => settleApprovalLetter(tx, due, { state: 'sent' }))
}
