import type { Kysely, Transaction } from 'kysely'
import { appendAudit } from '../../store/workspace/audit.ts'
import { listBindings } from '../../store/connection/bindings.ts'
import { inWorkspace } from '../../store/database/database.ts'
import { lockFlow } from '../../store/flow/flows.ts'
import { tellOfFlow } from '../../store/alert/notices.ts'
import type { Database } from '../../store/database/schema.ts'
import type { Keyring } from '../../store/key/secrets.ts'
import { roleOf } from '../../store/people/members.ts'
import { type DueTurnOn, dropTurnOn, dueTurnOns, lockDue, settleTurnOn } from '../../store/flow/turn-ons.ts'
import type { Asking } from './backlog.ts'
import { isAllowed } from '../http/permissions.ts'
import { ApiProblem } from '../http/problems.ts'
import { askPlaces, switchOn } from './switch-on.ts'

type Tx = Transaction<Database>
type Parts = Asking & {
  readonly keys: Keyring
  readonly log: { error(fields: object, message: string): void }
}

/** For how long a system that does not answer, or a run that has not ended, is waited for, in minutes. */
const PATIENCE = 60

/**
 * Turns flows on whose time has come. What a person would be refused stays off, with the reason in the notices, on the
 * flow and on the home of whoever owns the data.
 */
export const turnOnDue = (parts: Parts) => ({
  name: 'turn-ons',
  everySeconds: 15,
  async run(system: Kysely<Database>): Promise<void> {
    for (const due of await dueTurnOns(system)) {
      try {
        await turnOn(parts, due)
      } catch (error) {
        parts.log.error({ err: error, ...due }, 'a flow could not be turned on at its time; it is tried again')
      }
    }
  },
})

async function turnOn(parts: Parts, { workspace, flow, backlog }: DueTurnOn): Promise<void> {
  // What refuses here refuses the switching too, which says so.
  const reads = await askPlaces(parts, { workspace, flow, backlog }).catch((error: unknown) => {
    if (error instanceof ApiProblem) return []
    throw error
  })
  await inWorkspace(parts.app, workspace, async (tx) => {
    const state = await lockFlow(tx, workspace, flow)
    const due = await lockDue(tx, workspace, flow)
    if (!state || !due) return
    if (state.enabled) {
      await dropTurnOn(tx, workspace, flow) // what turned it on has let this stand
      return
    }
    const { set_by: by } = due
    const tell = async (refused: string | null, detail: object = {}) => {
      await settleTurnOn(tx, workspace, flow, refused)
      await tellOfFlow(tx, parts.keys, {
        ...{ workspace, flow, severity: refused === null ? 'info' : 'warning' },
        message: refused === null ? 'It turned on again by itself, as was set.' : sayRefused(refused),
      })
      await appendAudit(tx, workspace, {
        action: refused === null ? 'flow.turn-on' : 'flow.stay-off',
        actor: { kind: 'system', id: null },
        who: { name: '', email: '', address: '' },
        subject: { flow },
        detail: { setBy: by, at: due.at.toISOString(), backlog, ...(refused === null ? {} : { refused }), ...detail },
        requestId: null,
      })
    }
    const why = await whyNot(tx, workspace, flow, by)
    if (why !== undefined) return tell(why)
    try {
      await tell(null, await switchOn(parts, tx, { workspace, flow, backlog, reads, by }))
    } catch (error) {
      // Thrown before anything was written.
      if (!(error instanceof ApiProblem)) throw error
      if (error.code === 'NOT_FROM_NOW' && due.late < PATIENCE) return
      await tell(error.message)
    }
  })
}

export const sayRefused = (why: string): string => `It was to turn on by itself, and stayed off. ${why}`

/** What a person sees before they switch and a clock does not: that they may not, or that it would only fail. */
async function whyNot(tx: Tx, workspace: string, flow: string, by: string): Promise<string | undefined> {
  const role = await roleOf(tx, workspace, by)
  if (role === undefined || !isAllowed(role, 'flows.switch'))
    return 'Whoever had set it may not switch flows here any more. Turn it on yourself, if it should be.'
  const broken = (await listBindings(tx, workspace, flow)).find(({ state }) => state === 'sign-in-needed')
  return broken && `“${broken.name}” has to be signed in to again first.`
}
