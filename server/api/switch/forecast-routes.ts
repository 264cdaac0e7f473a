import type { Cursor } from '../../../connectors/kit/connector.ts'
import { FlowParams } from '../../contract/flows.ts'
import { Forecast, ForecastRequest } from '../../contract/run-starts.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { graphOf, reach, readsBehind } from '../../flow/document/graph.ts'
import { type PlannedNode, planFlow } from '../../flow/plan/plan.ts'
import { listBindings } from '../../store/connection/bindings.ts'
import { databaseNow, listCursors } from '../../store/run/forecasts.ts'
import { showConnection } from '../connection/connection-routes.ts'
import { type CallingNode, type ConnectionAllowance, forecast, type ReadCost } from './forecast.ts'
import { estimateOf, operationOf } from './estimates.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { loadRunnable, triggerOf } from './switch-routes.ts'

/** One call for each read, and perhaps a sign-in; a request may last a minute. */
const ASKING_MS = 45_000

export function forecastRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/flows/:flow/forecast',
    {
      schema: {
        summary: 'What a run of the live version would cost, asked with at most one call for each read',
        tags: ['flows'],
        params: FlowParams,
        body: ForecastRequest,
        response: { 200: Forecast },
      },
      config: {
        permission: 'flows.run',
        codes: ['NOT_PUBLISHED', 'SLOTS_UNBOUND', 'CONNECTION_OFF', 'ANSWERS_MISSING', 'FLOW_ARCHIVED'],
      },
    },
    async (request) => {
      const { flow } = request.params
      // No transaction is open while other systems are asked.
      const basis = await inTenant(parts, request, async (tx, workspace) => {
        const { document } = await loadRunnable(parts, tx, workspace, flow)
        return {
          document,
          trigger: triggerOf(parts, document, request.body.node),
          bindings: new Map((await listBindings(tx, workspace, flow)).map((row) => [row.slot, row.connection])),
          cursors: await listCursors(tx, workspace, flow),
          now: await databaseNow(tx),
        }
      })
      const nodes = nodesBehind(parts, basis.document, basis.trigger)
      const bound = nodes.flatMap((planned) => {
        const connection = basis.bindings.get(planned.node.slot ?? '')
        const operation = operationOf(parts, planned)
        return connection && operation ? [{ planned, connection, operation }] : []
      })

      const signal = AbortSignal.timeout(ASKING_MS)
      const reads: ReadCost[] = []
      for (const { planned, connection, operation } of bound) {
        if (operation.kind !== 'read') continue
        const { id, name } = planned.node
        const stored = basis.cursors.find((one) => one.node === id && one.connection === connection)?.cursor
        const from = request.body.window ? undefined : (stored as Cursor | undefined) // written by the same operation
        const scope = { ...request.body, from }
        const ask = () => estimateOf(parts, request.params.workspace, connection, operation, planned, scope, signal)
        reads.push({ node: id, name, connection, cost: await ask() })
      }
      const graph = graphOf(basis.document, parts.catalog)
      const calling = bound.flatMap(({ planned, connection, operation }): CallingNode[] =>
        operation.kind === 'lookup' || operation.kind === 'write'
          ? [
              {
                name: planned.node.name,
                connection,
                maxBatch: operation.maxBatch,
                calls: operation.kind === 'lookup' ? operation.calls : undefined,
                reads: readsBehind(graph, graph.in.get(planned.node.id) ?? []),
              },
            ]
          : [],
      )
      const allowances: ConnectionAllowance[] = []
      for (const id of new Set(bound.map(({ connection }) => connection))) {
        const { name, budget } = await showConnection(parts, request, id)
        const { perMinute = null, perDay = null, usedMinute = 0, usedDay = null } = budget ?? {}
        allowances.push({ id, name, perMinute, perDay, usedMinute, usedDay })
      }
      return forecast(basis.now, reads, calling, allowances)
    },
  )
}

/** The nodes of other systems that a run from this trigger comes to. */
function nodesBehind(parts: AppParts, document: Flow, trigger: string): readonly PlannedNode[] {
  const graph = graphOf(document, parts.catalog)
  const reached = reach([trigger], (id) => (graph.out.get(id) ?? []).map(({ to }) => to))
  return [...planFlow(document, parts.catalog).nodes.values()].filter(({ node }) => reached.has(node.id))
}
