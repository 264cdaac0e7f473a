import type { Health, Need } from '../../contract/automations.ts'
import type { AutomationRow } from '../../store/flow/automations.ts'
import type { FlowRow } from '../../store/flow/flows.ts'
import type { Role } from '../../store/database/schema.ts'
import { maskedWords } from '../view/mask.ts'
import { isAllowed } from '../http/permissions.ts'

export type Mate = { readonly name: string; readonly role: Role }

/** Codes with which a flow stops until a login is renewed. */
const SIGN_IN = new Set(['LOGIN_REFUSED', 'PERMISSION_MISSING', 'TENANT_GONE', 'CONNECTION_OFF'])

/** A connection whose sign-in ends soon. */
export type Ending = {
  readonly id: string
  readonly name: string
  readonly known: boolean
  /** Its last day, in words. */
  readonly on: string
  readonly instead: string
}

/** What has to be done by a person so that a flow goes on as it should, most pressing first. */
export function needsOf(
  flow: FlowRow,
  row: AutomationRow,
  unanswered: readonly string[],
  ending: readonly Ending[],
  asking: Role,
  team: readonly Mate[],
): Need[] {
  const of = (
    permission: Parameters<typeof isAllowed>[1],
    need: Pick<Need, 'kind' | 'message'> & Partial<Need>,
  ): Need => ({
    since: null,
    connection: null,
    ...need,
    yours: isAllowed(asking, permission),
    others: team
      .filter(({ role }) => isAllowed(role, permission))
      .slice(0, 3)
      .map(({ name }) => name),
  })
  const stopped = flow.enabled && flow.paused_code !== null
  const since = flow.run_ended_at?.toISOString() ?? null
  const needs: Need[] = row.broken.map(({ id, name, message, known, off }) =>
    of(known && !off ? 'connections.renew' : 'connections.manage', {
      kind: 'connection',
      message: `${sayBroken(name, message, off)} Nothing was lost: what changes meanwhile is sent afterwards.`,
      since: stopped ? since : null,
      connection: id,
    }),
  )
  for (const { id, name, known, on, instead } of flow.enabled ? ending : []) {
    const message = `After ${on} “${name}” cannot sign in any more, and this stands still. ${instead}`
    needs.push(of(known ? 'connections.renew' : 'connections.manage', { kind: 'ending', message, connection: id }))
  }
  if (stopped && !(SIGN_IN.has(flow.paused_code ?? '') && row.broken.length > 0)) {
    const message = `It stopped itself: ${maskedWords(flow.paused_message ?? 'something has to be put right first.')} Turn it on again when that is done.`
    needs.push(of('flows.switch', { kind: 'stopped', message, since }))
  }
  if (!flow.enabled && flow.turn_on?.refused) {
    const message = `It was to turn on by itself, and stayed off. ${flow.turn_on.refused}`
    const settled = flow.turn_on.settled
    needs.push(of('flows.switch', { kind: 'stayed-off', message, since: settled && new Date(settled).toISOString() }))
  }
  if (flow.live_version !== null && unanswered.length > 0) {
    const message = `A setting is missing: ${unanswered.map((title) => `“${title}”`).join(', ')}. Without it it cannot run.`
    needs.push(of('answers.edit', { kind: 'answers', message }))
  }
  if (row.open_exceptions > 0) {
    const count = row.open_exceptions >= 1000 ? '1,000 or more records were' : sayRecords(row.open_exceptions)
    const message = `${count} set aside because they could not be used or were refused. The others went on.`
    needs.push(of('exceptions.retry', { kind: 'exceptions', message }))
  }
  return needs
}

function sayBroken(name: string, message: string | null, off: boolean): string {
  if (off) return `${name} was turned off, because nothing had used it for long. Turn it on on its page.`
  return message === null ? `${name} has to be signed in to again.` : maskedWords(message)
}

const sayRecords = (count: number): string => (count === 1 ? '1 record was' : `${count} records were`)

/** One of four words. What the team repairs is not for whoever only switches. */
export function healthOf(flow: FlowRow, needs: readonly Need[], reported: boolean, asking: Role): Health {
  const stayed = needs.find(({ kind }) => kind === 'stayed-off')
  if (stayed) return stayed.yours ? 'needs-you' : 'on-it'
  if (!flow.enabled || flow.live_version === null) return 'off'
  if (needs.some(({ kind, yours }) => yours && kind !== 'exceptions')) return 'needs-you'
  const failed = flow.run_state === 'failed' || needs.some(({ kind }) => kind !== 'exceptions' && kind !== 'ending')
  if (failed && isAllowed(asking, 'runs.rerun')) return 'needs-you'
  return failed || reported ? 'on-it' : 'working'
}
