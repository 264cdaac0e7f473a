import type { Finding } from '../../../connectors/kit/connector.ts'
import type { ConnectionNeed, ConnectionNeeds } from '../../contract/connections.ts'
import { answered } from '../../flow/document/answers.ts'
import type { Flow, FlowNode } from '../../flow/document/flow.ts'
import type { Answers } from '../../flow/document/form.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import type { BoundFlow } from '../../store/connection/bound-flows.ts'
import type { ConnectionRow } from '../../store/connection/connection-records.ts'
import { readStored } from '../flow/flow-documents.ts'
import { permissionsOfNames } from '../flow/named-needs.ts'
import type { AppParts } from '../http/parts.ts'

/**
 * Which permissions the flows bound to a connection need, and whether it has them: by its settings where they ask for
 * permissions, else by what its last test found. What is missing comes first.
 */
export function needsOf(
  parts: Pick<AppParts, 'catalog' | 'connectors'>,
  connection: Pick<ConnectionRow, 'connector' | 'settings' | 'findings'>,
  flows: readonly BoundFlow[],
): ConnectionNeeds {
  const connector = parts.connectors.find(({ name }) => name === connection.connector)
  const uses = new Map<string, ConnectionNeed['uses']>()
  for (const flow of flows) {
    const steps = (stored: unknown) =>
      stepsByPermission(
        (node) => [
          ...(parts.catalog.get(node.operation)?.permissions ?? []),
          ...permissionsOfNames(parts.catalog.get(node.operation), connector?.options ?? [], node.settings),
        ],
        // By the usual answers, where nobody has given any.
        answered(inlined(readStored(stored)), answersOf(flow)),
        flow.slots,
      )
    const live = flow.live === null ? undefined : steps(flow.live)
    const draft = steps(flow.draft)
    for (const permission of new Set([...(live?.keys() ?? []), ...draft.keys()])) {
      const [running, drawn] = [live?.get(permission), draft.get(permission)]
      const use = {
        flow: { id: flow.id, name: flow.name },
        live: running !== undefined,
        draft: drawn !== undefined,
        steps: [...(running ?? drawn ?? [])],
      }
      uses.set(permission, [...(uses.get(permission) ?? []), use])
    }
  }
  const tried = new Map(findingsOf(connection.findings).flatMap(({ tried = {} }) => Object.entries(tried)))
  const needs = [...uses].map(
    ([permission, of]): ConnectionNeed => ({
      permission,
      asked: connector?.asksFor?.(connection.settings, permission) ?? tried.get(permission) ?? null,
      says: connector?.asksFor ? 'settings' : 'test',
      uses: of,
    }),
  )
  const rank = ({ asked }: ConnectionNeed) => (asked === false ? 0 : 1)
  return { items: needs.sort((a, b) => rank(a) - rank(b) || (a.permission < b.permission ? -1 : 1)) }
}

const findingsOf = (stored: unknown): readonly Finding[] =>
  // Written by the connection's test, in this form.
  Array.isArray(stored) ? (stored as Finding[]) : []

/** Names of the steps that need each permission of the connection that stands behind these slots. */
function stepsByPermission(
  permissionsOf: (node: FlowNode) => readonly string[],
  flow: Flow,
  slots: readonly string[],
): Map<string, string[]> {
  const steps = new Map<string, string[]>()
  for (const node of flow.nodes) {
    if (node.slot === undefined || !slots.includes(node.slot)) continue
    for (const permission of new Set(permissionsOf(node))) {
      steps.set(permission, [...(steps.get(permission) ?? []), node.name])
    }
  }
  return steps
}

const answersOf = ({ answers }: BoundFlow): Answers | undefined =>
  // Written by whoever answered, checked against the form.
  typeof answers === 'object' && answers !== null ? (answers as Answers) : undefined

/** What a test of the connection says of permissions that it does not have. */
export function missingFindings(
  { connectors }: Pick<AppParts, 'connectors'>,
  { connector }: Pick<ConnectionRow, 'connector'>,
  { items }: ConnectionNeeds,
): readonly Finding[] {
  const system = connectors.find(({ name }) => name === connector)?.title ?? connector
  return items.flatMap(({ permission, asked, says, uses }): Finding[] => {
    if (asked !== false) return []
    const live = uses.filter((use) => use.live)
    const who = (live.length > 0 ? live : uses).map(
      ({ flow, steps }) => `“${flow.name}” (${steps.map((step) => `“${step}”`).join(', ')})`,
    )
    const detail =
      says === 'settings'
        ? 'The connection does not ask for it. Add it to its scopes, then sign in again.'
        : `It is off in ${system}. Switch it on there, then test the connection again.`
    return [
      live.length > 0
        ? { title: permission, ok: false, detail: `Needed by ${who.join(', ')}. ${detail}` }
        : { title: permission, ok: true, warning: true, detail: `Needed by the draft of ${who.join(', ')}. ${detail}` },
    ]
  })
}
