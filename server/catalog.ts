import { type TProperties, Type } from 'typebox'
import { connectors as all } from '../connectors/index.ts'
import type { Connector, Operation } from '../connectors/kit/connector.ts'
import type { Catalog, OperationInfo } from './flow/catalog/catalog.ts'
import { CollectSettings } from './flow/catalog/hook-settings.ts'
import { LookupSettings, NATIVE_OPERATIONS, REJECTED, WriteSettings } from './flow/catalog/native.ts'

/** Everything that a flow may use, as data: the engine's own operations and those of the connectors. */
export function buildCatalog(connectors: readonly Connector[] = all): Catalog {
  const remote = connectors.flatMap((connector) =>
    connector.operations.map((operation) => operationInfo(connector.name, operation)),
  )
  return new Map([...NATIVE_OPERATIONS, ...remote].map((info) => [info.id, info]))
}

const PORTS = {
  read: ['out', 'done', REJECTED],
  lookup: ['out', 'unmatched', REJECTED],
  write: ['out', REJECTED],
  trigger: ['out'],
} as const

const POLICY_TITLES = {
  'every-time': 'Every time',
  'once-per-key': 'Once per key',
  'once-per-key-and-content': 'Once per key, again when its content changed',
  difference: 'The difference to what was sent before',
} as const

function operationInfo(connector: string, operation: Operation): OperationInfo {
  return {
    id: `${connector}.${operation.name}`,
    kind: operation.kind,
    connector,
    title: operation.title,
    summary: operation.summary,
    synonyms: operation.synonyms ?? [],
    // A schema is a bag of keywords to everyone who only reads it.
    settings: nodeSettings(operation) as unknown as OperationInfo['settings'],
    inputs: operation.kind === 'trigger' ? [] : ['in'],
    ports: PORTS[operation.kind],
    ...(operation.kind === 'write'
      ? {
          effect: operation.effect,
          policies: operation.policies,
          ...(operation.difference?.amount ? { amounts: true as const } : {}),
          payload: operation.payload as unknown as NonNullable<OperationInfo['payload']>,
        }
      : {}),
    ...(operation.kind === 'trigger' ? { events: true as const } : {}),
    ...(operation.kind === 'read' && operation.window ? { window: operation.window.title } : {}),
    ...(operation.kind === 'read' && operation.single ? { single: operation.single.title } : {}),
    permissions: operation.permissions,
    moneyFields: operation.moneyFields ?? [],
    rules: operation.rules ?? [],
  }
}

/** The settings of a node: the operation's own, and those that every node of its kind has. */
function nodeSettings(operation: Operation) {
  return Type.Object({ ...operation.settings.properties, ...kindSettings(operation) }, { additionalProperties: false })
}

function kindSettings(operation: Operation): TProperties {
  if (operation.kind === 'lookup') return LookupSettings
  if (operation.kind === 'trigger') return CollectSettings
  if (operation.kind !== 'write') return {}
  if (operation.policies.length < 2) return WriteSettings
  return {
    ...WriteSettings,
    policy: Type.Union(
      operation.policies.map((policy) => Type.Literal(policy, { title: POLICY_TITLES[policy] })),
      { title: 'Send', default: operation.policies[0] },
    ),
  }
}
