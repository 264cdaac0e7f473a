import { NAMED_FLOWS, Now, type NowGroup } from '../../contract/now.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { undeliveredMessages } from '../../store/alert/alert-messages.ts'
import { groupExceptions } from '../../store/exception/exception-groups.ts'
import { failedCauses } from '../../store/exception/failed-causes.ts'
import {
  connectionsInUse,
  hoursOf,
  missedTimes,
  openReports,
  refusingHooks,
  signsOfWork,
  stoppedFlows,
} from '../../store/exception/needing.ts'
import { unusedConnections } from '../../store/connection/unused-connections.ts'
import { waitingRuns } from '../../store/run/waiting-causes.ts'
import { newVersions } from '../../store/database/workers.ts'
import {
  connectionGroups,
  exceptionGroups,
  failedGroups,
  hookGroups,
  messageGroups,
  reportGroups,
  scheduleGroups,
  stoppedGroups,
  unusedGroups,
  waitingGroups,
} from './now-groups.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { STOPPING } from './stopping.ts'

const GRAVEST = ['red', 'amber', 'info'] as const
/** Of two that are equally grave: what stands still before what was set aside. */
const FIRST = [
  'connection',
  'stopped',
  'failed',
  'schedule',
  'report',
  'exceptions',
  'waiting',
  'message',
  'hook',
] as const

export function nowRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/workspaces/:workspace/now',
    {
      schema: {
        summary: 'What needs somebody now, by cause, red first; and the signs that all is well',
        tags: ['runs'],
        params: WorkspaceParams,
        response: { 200: Now },
      },
      config: { permission: 'operations.read' },
    },
    (request): Promise<Now> =>
      inTenant(parts, request, async (tx, workspace) => {
        const now = Date.now()
        const failed = await failedCauses(tx, workspace, NAMED_FLOWS, STOPPING)
        const waiting = await waitingRuns(tx, workspace)
        const groups: NowGroup[] = [
          ...failedGroups(failed),
          ...stoppedGroups(await stoppedFlows(tx, workspace), failed),
          ...exceptionGroups(await groupExceptions(tx, workspace, {})),
          ...waitingGroups(waiting.runs, now),
          ...connectionGroups(await connectionsInUse(tx, workspace), parts.connectors, now),
          ...unusedGroups(await unusedConnections(tx, workspace)),
          ...hookGroups(await refusingHooks(tx, workspace)),
          ...scheduleGroups(await missedTimes(tx, workspace)),
          ...reportGroups(await openReports(tx, workspace)),
          ...messageGroups(await undeliveredMessages(tx, workspace)),
        ]
        const place = ({ tone, kind }: NowGroup) => GRAVEST.indexOf(tone) * FIRST.length + FIRST.indexOf(kind)
        const signs = await signsOfWork(tx, workspace)
        const hours = await hoursOf(tx, workspace)
        const versions = await newVersions(tx)
        return {
          // Within a kind they stay in the order of the store: what touches most first.
          groups: groups.sort((a, b) => place(a) - place(b)),
          more: waiting.more || failed.some(({ more }) => more),
          lastRun: signs.last && {
            run: signs.last.run,
            flow: signs.last.flow,
            state: signs.last.state,
            endedAt: new Date(signs.last.at).toISOString(),
          },
          nextRun: signs.next && { flow: signs.next.flow, dueAt: new Date(signs.next.at).toISOString() },
          flowsOn: signs.on,
          versions: versions.map(({ version, first_at: at }) => ({ version, at: at.toISOString() })),
          hours: hours.map(({ at, waited, ...counts }) => ({
            at: at.toISOString(),
            ...counts,
            waitedSeconds: waited,
          })),
        }
      }),
  )
}
