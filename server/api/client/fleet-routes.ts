import { Fleet, type FleetRow } from '../../contract/fleet.ts'
import { type FleetCounts, fleetCounts } from '../../store/workspace/fleet.ts'
import { whoAsks } from '../http/access.ts'
import { askOwn } from '../people/own-workspaces.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { iso } from '../view/views.ts'

/** What a row tells of. */
const SHOWN = ['flows.read', 'runs.read', 'exceptions.read'] as const
const GRAVEST = ['red', 'amber', 'green', 'off'] as const
/** A run that waits for longer is worth a look, in seconds. */
const LONG_QUEUE = 300

export function fleetRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/fleet',
    {
      schema: {
        summary: 'All your workspaces at a glance, those where something has stopped first',
        tags: ['workspaces'],
        response: { 200: Fleet },
      },
      config: { permission: 'signed-in' },
    },
    async (request) => {
      // What a workspace keeps from whoever came as they did, or from a token, is not told in numbers either.
      const { answers, shut } = await askOwn(parts, whoAsks(request), SHOWN, async (tx, own) => {
        const counts = await fleetCounts(tx, own.id)
        return { workspace: own.id, name: own.name, role: own.role, ...rowOf(counts) }
      })
      const items: FleetRow[] = [...answers]
      const grave = ({ state }: FleetRow) => GRAVEST.indexOf(state)
      const weight = (row: FleetRow) => row.stopped * 1000 + row.signIns * 1000 + row.exceptions
      items.sort((a, b) => grave(a) - grave(b) || weight(b) - weight(a) || a.name.localeCompare(b.name))
      return { items, shut: [...shut] }
    },
  )
}

function rowOf(counts: FleetCounts): Omit<FleetRow, 'workspace' | 'name' | 'role'> {
  const count = (number: number, one: string, many: string) => (number === 1 ? `1 ${one}` : `${number} ${many}`)
  const red = [
    ...(counts.sign_ins > 0
      ? [count(counts.sign_ins, 'connection needs a sign-in', 'connections need a sign-in')]
      : []),
    ...(counts.stopped > 0 ? [count(counts.stopped, 'flow has stopped', 'flows have stopped')] : []),
  ]
  const amber = [
    ...(counts.reports > 0 ? [count(counts.reports, 'report to answer', 'reports to answer')] : []),
    ...(counts.exceptions > 0 ? [count(counts.exceptions, 'exception open', 'exceptions open')] : []),
    ...((counts.queue_seconds ?? 0) > LONG_QUEUE
      ? [`a run has waited for ${Math.round(counts.queue_seconds! / 60)} minutes`]
      : []),
  ]
  const state = red.length > 0 ? 'red' : amber.length > 0 ? 'amber' : counts.on > 0 ? 'green' : 'off'
  const words = [...red, ...amber].join(', ')
  const quiet = counts.on > 0 ? 'all is well' : 'no flow is on'
  const text = words === '' ? quiet : words
  return {
    state,
    sentence: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    flows: counts.flows,
    on: counts.on,
    stopped: counts.stopped,
    signIns: counts.sign_ins,
    exceptions: counts.exceptions,
    reports: counts.reports,
    runs: counts.runs,
    failed: counts.failed,
    queueSeconds: counts.queue_seconds,
    lastRunAt: iso(counts.last_run_at),
  }
}
