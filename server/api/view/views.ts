import type { ExceptionView } from '../../contract/exceptions.ts'
import type { RunView } from '../../contract/runs.ts'
import type { FlowView, VersionView } from '../../contract/flows.ts'
import type { TokenView } from '../../contract/people.ts'
import type { TurnOnView } from '../../contract/turn-on.ts'
import { readStored } from '../flow/flow-documents.ts'
import { sayRule } from '../../flow/document/policy.ts'
import { sameFlow } from '../../flow/document/version.ts'
import type { ExceptionRow } from '../../store/exception/exceptions.ts'
import type { Role } from '../../store/database/schema.ts'
import type { FlowRow } from '../../store/flow/flows.ts'
import type { RunRow } from '../../store/run/run-lists.ts'
import type { TokenRow } from '../../store/people/tokens.ts'
import type { VersionRow } from '../../store/flow/versions.ts'
import { maskedKey, maskedWords } from './mask.ts'
import { nextAction } from './next-action.ts'

// Rows of the database as the API shows them.

export const iso = (at: Date | null): string | null => (at === null ? null : at.toISOString())
const words = (text: string | null): string | null => (text === null ? null : maskedWords(text))
type Asks = { readonly role: Role | undefined }

export function viewFlow(row: FlowRow): FlowView {
  return {
    id: row.id,
    name: row.name,
    tags: row.tags,
    createdAt: row.created_at.toISOString(),
    archivedAt: iso(row.archived_at),
    liveVersion: row.live_version,
    draft: {
      revision: row.draft_revision,
      at: row.draft_at.toISOString(),
      by: row.draft_by,
      changed: differs(row),
    },
    enabled: row.enabled,
    switchedAt: iso(row.switched_at),
    paused: row.paused_code === null ? null : { code: row.paused_code, message: maskedWords(row.paused_message ?? '') },
    lastRun:
      row.run_id === null || row.run_state === null || row.run_created_at === null
        ? null
        : {
            id: row.run_id,
            state: row.run_state,
            reason: words(row.run_reason),
            createdAt: row.run_created_at.toISOString(),
            endedAt: iso(row.run_ended_at),
          },
    nextDue: iso(row.next_due),
    turnOn: viewTurnOn(row.turn_on),
  }
}

export const viewTurnOn = (row: FlowRow['turn_on']): TurnOnView | null =>
  row && {
    at: new Date(row.at).toISOString(),
    backlog: row.backlog,
    by: row.by,
    settledAt: row.settled === null ? null : new Date(row.settled).toISOString(),
    refused: row.refused,
  }

/** Different JSON may still be the same flow: ids of edges and the order of nodes change nothing. */
function differs({ draft, live }: FlowRow): boolean {
  if (draft === null) return false
  if (live === null) return true
  return !sameFlow(readStored(draft), readStored(live))
}

export function viewVersion(row: VersionRow, live: number | null): VersionView {
  return {
    number: row.number,
    hash: row.hash,
    author: row.author,
    summary: row.summary,
    createdAt: row.created_at.toISOString(),
    live: row.number === live,
  }
}

export function viewRun(row: RunRow, { role }: Asks): RunView {
  return {
    id: row.id,
    flow: { id: row.flow_id, name: row.flow_name },
    version: row.version,
    cause: row.cause,
    causeNode: row.cause_node,
    lane: row.lane,
    began: beganAs(row, role),
    quiet: row.quiet,
    dry: row.dry,
    answers: row.said?.answers ?? null,
    policy: row.said?.policy ? { version: row.said.policy.version, sentence: sayRule(row.said.policy.rule) } : null,
    rerunOf: row.rerun_of,
    backfill: row.backfill_id,
    requestedBy: row.requested_by,
    state: row.state,
    reason: words(row.reason),
    code: row.code,
    nextAction: nextAction(row.state, row.code),
    batches: row.batches,
    counts: row.counts,
    attempts: row.attempts,
    cancelRequested: row.cancel_requested,
    pauseRequested: row.pause_requested,
    actions: actionsOf(row),
    createdAt: row.created_at.toISOString(),
    startedAt: iso(row.started_at),
    endedAt: iso(row.ended_at),
    wakeAt: iso(row.wake_at),
  }
}

/** How a run began, where it did not at its trigger. */
function beganAs({ start, counts }: RunRow, role: Role | undefined): string | null {
  switch (start.kind) {
    case 'trigger':
      return null
    case 'again':
      return `as run ${start.run} began`
    case 'inbox':
      return counts.read === undefined ? 'events of a hook' : `${count(counts.read, 'record')} of a hook’s events`
    case 'exceptions':
      return counts.read === undefined ? 'exceptions again' : `${count(counts.read, 'exception')} again`
    case 'waited':
      return counts.read === undefined ? 'records that waited' : `${count(counts.read, 'record')} that waited`
    case 'step':
      return `from the step “${start.node}” of run ${start.run}`
    case 'window':
      return `days from ${start.from} to before ${start.to}`
    case 'keys':
      return `only ${start.keys.map((key) => maskedKey(key, role)).join(', ')}`
    case 'first-page':
      return 'the first page of each read'
    case 'sample':
      return `records given to the step “${start.node}”`
  }
}

const count = (of: number, what: string) => `${of} ${what}${of === 1 ? '' : 's'}`

function actionsOf(row: RunRow): RunView['actions'] {
  const { start, state, dry, pause_requested, cancel_requested, traced, emptied } = row
  if (state === 'paused') return ['resume', 'cancel']
  if (state === 'queued' || state === 'running' || state === 'waiting') {
    if (cancel_requested) return []
    return [pause_requested ? 'resume' : 'pause', 'cancel']
  }
  if (dry) return []
  return [
    ...(state === 'partly' ? ['retry-exceptions' as const] : []),
    ...(start.kind === 'waited' || emptied ? [] : ['rerun' as const]),
    ...(traced ? ['rerun-step' as const] : []),
  ]
}

/** Its key as a role may see it, and words without what names people: both stand in lists. */
export function viewException(row: ExceptionRow, { role }: Asks): ExceptionView {
  return {
    id: row.id,
    flow: { id: row.flow_id, name: row.flow_name },
    version: row.version,
    run: row.run_id,
    batch: row.batch,
    node: row.node_id,
    nodeName: row.node_name,
    code: row.code,
    message: maskedWords(row.message),
    remote: words(row.remote),
    businessKey: row.business_key === null ? null : maskedKey(row.business_key, role),
    desk: row.desk,
    amount: row.amount,
    currency: row.currency,
    state: row.state,
    nextAction: row.state === 'open' ? exceptionAction(row.code) : null,
    createdAt: row.created_at.toISOString(),
    resolvedAt: iso(row.resolved_at),
    resolvedBy: row.resolved_by,
    resolution: row.resolution,
    occurrences: row.occurrences,
    lastAt: row.last_at.toISOString(),
    retryRun: row.retry_run,
    edited: row.edit_id !== null,
    assignedTo: row.assigned_to === null ? null : { id: row.assigned_to, name: row.assigned_name ?? 'somebody' },
    snoozedUntil:
      row.snoozed_until !== null && row.snoozed_until.getTime() > Date.now() ? iso(row.snoozed_until) : null,
    actions: exceptionActions(row),
  }
}

function exceptionAction(code: string): string | null {
  if (code === 'HELD_BEHIND') return 'Nothing: it follows by itself when the exception before it is closed.'
  if (code === 'WAITING_FULL') return 'Cancel records that wait, or let some come out, then try this one again.'
  return nextAction('failed', code)
}

function exceptionActions({ state, code }: ExceptionRow): ExceptionView['actions'] {
  if (state !== 'open') return []
  if (code === 'OUTCOME_UNKNOWN') return ['settle', 'dismiss']
  return code === 'HELD_BEHIND' ? ['dismiss'] : ['retry', 'edit', 'dismiss']
}

export function viewToken(row: TokenRow): TokenView {
  return {
    id: row.id,
    name: row.name,
    prefix: `tl_${row.prefix}`,
    createdAt: row.created_at.toISOString(),
    expiresAt: iso(row.expires_at),
    usedAt: iso(row.used_at),
    revokedAt: iso(row.revoked_at),
    scopes: row.scopes === null ? null : [...row.scopes],
    addresses: row.addresses === null ? null : [...row.addresses],
  }
}
