import type { Transaction } from 'kysely'
import { daysLeft, signInEnd } from '../../../connectors/kit/sign-in-end.ts'
import type { AutomationList } from '../../contract/automations.ts'
import { ENDS_SOON_DAYS } from '../../contract/connections.ts'
import { formOf } from '../../flow/document/answers.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { checkAnswers, settledAnswers } from '../../flow/document/form.ts'
import { findAnswers } from '../../store/flow/answers.ts'
import { type AutomationRow, listAutomations } from '../../store/flow/automations.ts'
import { listFlows } from '../../store/flow/flows.ts'
import { listMembers } from '../../store/people/members.ts'
import { listReports } from '../../store/alert/reports.ts'
import type { Database, Role } from '../../store/database/schema.ts'
import { type Ending, healthOf, needsOf } from './automation-health.ts'
import { readStored } from '../flow/flow-documents.ts'
import type { AppParts } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'
import { viewReport } from './report-routes.ts'
import { iso, viewTurnOn } from '../view/views.ts'

/** For how long an answered report is shown, in milliseconds. */
const ANSWERED_MS = 7 * 86_400_000

/** The oldest of seven days first. */
const DAYS_AGO = [6, 5, 4, 3, 2, 1, 0]

type Described = Pick<AppParts, 'catalog' | 'connectors'>

/** The flows of a workspace as somebody of a role sees them: what each does, its health, what it needs. */
export async function describeAutomations(
  parts: Described,
  tx: Transaction<Database>,
  workspace: string,
  role: Role,
): Promise<AutomationList> {
  const rows = new Map((await listAutomations(tx, workspace)).map((row) => [row.id, row]))
  const members = (await listMembers(tx, workspace)).filter(({ disabled }) => !disabled)
  const team = members.filter((mate) => mate.role !== 'client' && mate.role !== 'auditor')
  const reports = Map.groupBy(await listReports(tx, workspace, {}), ({ flow_id: flow }) => flow)
  const items: AutomationList['items'] = []
  for (const flow of await listFlows(tx, workspace, { archived: false })) {
    const row = rows.get(flow.id)
    if (!row) continue // made between two statements
    const document = row.document === null ? undefined : readStored(row.document)
    const form = document ? formOf(document) : []
    const answers =
      form.length > 0 ? settledAnswers(form, (await findAnswers(tx, workspace, flow.id))?.answers ?? {}) : {}
    const missing = new Set(checkAnswers(form, answers).map(({ field }) => field))
    const unanswered = form.filter(({ name }) => missing.has(name)).map(({ title }) => title)
    const needs = needsOf(flow, row, unanswered, endingOf(parts, row.sound), role, team)
    const own = (reports.get(flow.id) ?? []).filter(
      ({ closed_at: closed }) => closed === null || Date.now() - closed.getTime() < ANSWERED_MS,
    )
    items.push({
      flow: flow.id,
      name: flow.name,
      sentence: document ? sentenceOf(parts, document) : 'Your consultant is setting it up.',
      enabled: flow.enabled,
      published: flow.live_version !== null,
      switchedAt: iso(flow.switched_at),
      health: healthOf(
        flow,
        needs,
        own.some(({ closed_at: closed }) => closed === null),
        role,
      ),
      lastSync:
        row.synced_at === null
          ? null
          : { at: row.synced_at.toISOString(), read: row.synced_read ?? 0, sent: row.synced_sent ?? 0 },
      nextDue: iso(flow.next_due),
      turnOn: viewTurnOn(flow.turn_on),
      week: { read: row.week_read, sent: row.week_sent },
      days: DAYS_AGO.map((ago) => row.days[ago] ?? 0),
      needs,
      settings: isAllowed(role, 'answers.edit')
        ? form.filter(({ client }) => role !== 'client' || client === true).length
        : 0,
      reports: own.map(viewReport),
    })
  }
  return { items, team: team.map(({ name, role: has }) => ({ name, role: has })) }
}

/** Of its connections, those whose sign-in ends within two weeks. */
function endingOf({ connectors }: Described, sound: AutomationRow['sound']): Ending[] {
  return sound.flatMap(({ id, name, known, connector, login, validUntil, tokensEnd }) => {
    const kind = connectors.find((one) => one.name === connector)?.logins.find((one) => one.name === login)
    const end = signInEnd(kind, { validUntil, tokensEnd: tokensEnd === null ? null : new Date(tokensEnd) })
    if (!end || daysLeft(end.on, Date.now()) > ENDS_SOON_DAYS) return []
    return [{ id, name, known, on: sayDay(end.on), instead: end.instead }]
  })
}

const sayDay = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  )

/** As its description begins; else what it reads and sends. */
function sentenceOf({ catalog }: Described, flow: Flow): string {
  const [first] = flow.description.trim().match(/^[^.!?\n]+[.!?]?/) ?? []
  if (first !== undefined) return first.trim()
  const titles = (kind: string) => [
    ...new Set(
      flow.nodes.flatMap(({ operation }) => {
        const info = catalog.get(operation)
        return info?.kind === kind ? [info.title] : []
      }),
    ),
  ]
  const parts = [...titles('read'), ...titles('write')]
  return parts.length === 0 ? 'It does nothing in other systems.' : `${parts.join(', then ')}.`
}
