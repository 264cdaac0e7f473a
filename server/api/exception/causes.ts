import { type Cause, type CauseClient, MOST_CLIENTS } from '../../contract/causes.ts'
import type { Membership } from '../../contract/people.ts'
import { NAMED_FLOWS } from '../../contract/now.ts'
import type { GroupRow } from '../../store/exception/exception-groups.ts'
import type { FailedCause } from '../../store/exception/failed-causes.ts'
import { maskedWords } from '../view/mask.ts'
import { nextAction } from '../view/next-action.ts'

// Groups of single workspaces put together: one cause wherever it does the same.

/** A cause as one workspace has it. */
type Local = Omit<Cause, 'clients' | 'clientCount'> & { readonly key: string; readonly client: CauseClient }

type Here = { readonly membership: Membership; readonly connectors: ReadonlySet<string> }

export const failedHere = ({ membership, connectors }: Here, causes: readonly FailedCause[]): Local[] =>
  causes.map((one) => {
    const times = { firstAt: one.first_at.toISOString(), lastAt: one.last_at.toISOString() }
    const owners = one.owner ? [{ ...one.owner, count: one.count }] : []
    const held = { count: one.count, ...times, money: [], owners, unowned: one.owner ? 0 : one.count }
    return {
      key: `failed ${one.fault} ${one.step?.operation}`,
      kind: 'failed',
      tone: one.on ? 'red' : 'amber',
      system: systemOf(one.step, connectors),
      step: one.step,
      code: one.code,
      fault: one.fault,
      desk: 'technical',
      message: maskedWords(one.reason ?? 'It failed without a reason.'),
      nextAction: nextAction('failed', one.code),
      ...held,
      client: {
        ...placeOf(membership, 'exceptions.assign'),
        ...held,
        flows: [...one.flows],
        flowCount: one.flow_count,
        run: one.count === 1 ? one.run : null,
      },
    }
  })

/** What a group of exceptions has in hand, as answers say it. */
export const heldBy = (row: GroupRow) => ({
  count: row.count,
  firstAt: row.first_at.toISOString(),
  lastAt: row.last_at.toISOString(),
  money: [...row.money],
  owners: [...row.owners],
  unowned: row.unowned,
})

export const exceptionsHere = ({ membership, connectors }: Here, groups: readonly GroupRow[]): Local[] =>
  groups.map((row) => {
    const held = heldBy(row)
    return {
      key: ['exceptions', row.code, row.desk, row.step.operation, row.node_id, row.fault].join(' '),
      kind: 'exceptions',
      tone: 'amber',
      system: systemOf(row.step, connectors),
      step: row.step,
      code: row.code,
      fault: row.fault,
      desk: row.desk,
      message: maskedWords(row.message),
      nextAction: nextAction('failed', row.code),
      ...held,
      client: {
        ...placeOf(membership, 'exceptions.assign'),
        ...held,
        flows: [{ id: row.flow_id, name: row.flow_name }],
        flowCount: 1,
        run: null,
      },
    }
  })

/** One cause for all that do the same, what stands still and touches most clients first. */
export function together(all: readonly Local[]): Cause[] {
  const causes = [...Map.groupBy(all, ({ key }) => key).values()].map((same): Cause => {
    const newest = same.reduce((last, one) => (one.lastAt > last.lastAt ? one : last))
    const clients = [...Map.groupBy(same, ({ client }) => client.workspace).values()].map((here): CauseClient => {
      const flows = here.flatMap(({ client }) => client.flows)
      const flowCount = here.reduce((sum, { client }) => sum + client.flowCount, 0)
      return { ...here[0]!.client, ...added(here), flows: flows.slice(0, NAMED_FLOWS), flowCount }
    })
    clients.sort((a, b) => b.count - a.count || a.name.localeCompare(b.name))
    const { key: _, client: _client, ...cause } = newest
    return {
      ...cause,
      ...added(same),
      tone: same.some(({ tone }) => tone === 'red') ? 'red' : 'amber',
      clients: clients.slice(0, MOST_CLIENTS),
      clientCount: clients.length,
    }
  })
  const grave = ({ tone }: Cause) => (tone === 'red' ? 0 : 1)
  return causes.sort(
    (a, b) =>
      grave(a) - grave(b) || b.clientCount - a.clientCount || b.count - a.count || (a.lastAt < b.lastAt ? 1 : -1),
  )
}

type Sums = Pick<Cause, 'count' | 'firstAt' | 'lastAt' | 'money' | 'owners' | 'unowned'>

function added(parts: readonly Sums[]): Sums {
  const [first] = parts
  if (first !== undefined && parts.length === 1) {
    const { count, firstAt, lastAt, money, owners, unowned } = first
    return { count, firstAt, lastAt, money, owners, unowned }
  }
  const sum = (of: (part: Sums) => number) => parts.reduce((total, part) => total + of(part), 0)
  const times = (of: 'firstAt' | 'lastAt') => parts.map((part) => part[of]).sort()
  const people = Map.groupBy(
    parts.flatMap(({ owners }) => owners),
    ({ id }) => id,
  )
  const money = Map.groupBy(
    parts.flatMap((part) => part.money),
    ({ currency }) => currency,
  )
  return {
    count: sum(({ count }) => count),
    firstAt: times('firstAt')[0]!,
    lastAt: times('lastAt').at(-1)!,
    money: [...money].map(([currency, ones]) => ({
      currency,
      amount: ones.map(({ amount }) => amount).reduce(addDecimals),
      count: ones.reduce((total, { count }) => total + count, 0),
    })),
    owners: [...people.values()]
      .map((ones) => ({ ...ones[0]!, count: ones.reduce((total, { count }) => total + count, 0) }))
      .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name)),
    unowned: sum(({ unowned }) => unowned),
  }
}

/** Of decimal texts as the database writes them: `52140.40`, `-3`. Exact. */
export function addDecimals(a: string, b: string): string {
  const places = Math.max(...[a, b].map((text) => text.split('.')[1]?.length ?? 0))
  const whole = (text: string) => {
    const [units = '', part = ''] = text.split('.')
    return BigInt(units + part.padEnd(places, '0'))
  }
  const sum = whole(a) + whole(b)
  const digits = String(sum < 0n ? -sum : sum).padStart(places + 1, '0')
  const sign = sum < 0n ? '-' : ''
  if (places === 0) return sign + digits
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

function systemOf(step: { readonly operation: string | null } | null, connectors: ReadonlySet<string>): string | null {
  const [connector] = step?.operation?.split('.') ?? []
  return connector !== undefined && connectors.has(connector) ? connector : null
}

const placeOf = ({ id, name, permissions, deleteAfter }: Membership, taking: Membership['permissions'][number]) => ({
  workspace: id,
  name,
  mayTake: permissions.includes(taking) && deleteAfter === null,
})
