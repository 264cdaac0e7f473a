import type { Forecast } from '../../contract/run-starts.ts'

/** What one read would bring; `undefined` where its system does not say. */
export type ReadCost = {
  readonly node: string
  readonly name: string
  readonly connection: string
  readonly cost: { readonly records: number; readonly calls: number } | undefined
}

/** A look-up or write, and the reads whose records come to it. */
export type CallingNode = {
  readonly name: string
  readonly connection: string
  readonly maxBatch: number
  /** Of one batch; 1 when absent. */
  readonly calls?: number | undefined
  readonly reads: readonly string[]
}

export type ConnectionAllowance = {
  readonly id: string
  readonly name: string
  readonly perMinute: number | null
  readonly perDay: number | null
  readonly usedMinute: number
  readonly usedDay: number | null
}

/** A call of a run, from asking to answer and evaluation, in milliseconds. Measured calls take 0.2 to 0.8 s. */
const CALL_MS = 500
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * What a run would cost, from what its reads would bring. Errs on the side of more: every record is taken to pass every
 * filter, and nothing is left out because it was sent before.
 */
export function forecast(
  now: Date,
  reads: readonly ReadCost[],
  nodes: readonly CallingNode[],
  allowances: readonly ConnectionAllowance[],
): Forecast {
  const calls = new Map<string, number>()
  const add = (connection: string, more: number) => calls.set(connection, (calls.get(connection) ?? 0) + more)
  const costs = new Map(reads.map(({ node, cost }) => [node, cost]))
  for (const { connection, cost } of reads) add(connection, cost?.calls ?? 1)
  for (const { connection, maxBatch, calls: each = 1, reads: behind } of nodes) {
    for (const read of behind) {
      const cost = costs.get(read)
      if (!cost || cost.records === 0) continue
      // Records travel page by page: a node calls at least once for each.
      add(connection, each * Math.max(cost.calls, Math.ceil(cost.records / maxBatch)))
    }
  }

  const connections = allowances.map(({ id, name, perMinute, perDay, usedDay }) => {
    const own = calls.get(id) ?? 0
    return {
      id,
      name,
      calls: own,
      perMinute,
      perDay,
      usedToday: usedDay,
      shareOfDay: perDay === null ? null : own / perDay,
    }
  })
  const total = connections.reduce((sum, one) => sum + one.calls, 0)
  const silent = reads.filter(({ cost }) => !cost)
  const lasting = Math.max(total * CALL_MS, ...allowances.map((one) => throttledMs(one, calls.get(one.id) ?? 0)))
  const doneBy = silent.length > 0 ? null : new Date(now.getTime() + lasting)
  return {
    sentence: sentence(now, total, doneBy, connections, silent),
    reads: reads.map(({ node, name, cost }) => ({
      node,
      name,
      records: cost?.records ?? null,
      calls: cost?.calls ?? null,
    })),
    connections,
    doneBy: doneBy?.toISOString() ?? null,
    assumptions: assumptions(connections, silent),
  }
}

/** How long the allowance makes so many calls last, with what is used of it now. */
function throttledMs({ perMinute, perDay, usedMinute, usedDay }: ConnectionAllowance, calls: number): number {
  const beyond = (limit: number | null, used: number, ms: number) => {
    if (limit === null) return 0
    const later = calls - Math.max(0, limit - used)
    return later <= 0 ? 0 : Math.ceil(later / limit) * ms
  }
  return Math.max(beyond(perMinute, usedMinute, MINUTE_MS), beyond(perDay, usedDay ?? 0, DAY_MS))
}

function sentence(
  now: Date,
  total: number,
  doneBy: Date | null,
  connections: Forecast['connections'],
  silent: readonly ReadCost[],
): string {
  const words = total === 1 ? '1 call' : `${total.toLocaleString('en')} calls`
  if (!doneBy) {
    const names = silent.map(({ name }) => `“${name}”`).join(', ')
    return `At least ${words}; how many more, ${names} cannot say beforehand.`
  }
  const shares = connections.flatMap(({ shareOfDay }) => (shareOfDay === null ? [] : [shareOfDay]))
  const share = shares.length === 0 ? '' : `, ${percent(Math.max(...shares))} of today’s budget`
  return `${words}, done by ${timeOf(now, doneBy)}${share}.`
}

function percent(share: number): string {
  if (share > 0 && share < 0.01) return 'less than 1 %'
  return `${Math.round(share * 100).toLocaleString('en')} %`
}

/** 06:40 UTC, with the day when it is another one. */
function timeOf(now: Date, at: Date): string {
  const [day, time] = at.toISOString().split('T')
  const clock = `${time!.slice(0, 5)} UTC`
  return now.toISOString().startsWith(day!) ? clock : `${clock} on ${day}`
}

function assumptions(connections: Forecast['connections'], silent: readonly ReadCost[]): string[] {
  return [
    'Every record is taken to pass every filter, and to be sent whether or not it was before: it may be less.',
    'Each record is taken to be one item of a call; documents with many rows may need more calls.',
    `A call is taken to last ${CALL_MS / 1000} s. Nothing else is taken to use the connections meanwhile.`,
    ...silent.map(({ name }) => `“${name}” cannot say beforehand how much it has: one call is counted for it.`),
    ...connections.flatMap(({ name, perDay, usedToday, calls }) =>
      perDay !== null && (usedToday ?? 0) + calls > perDay
        ? [`The day’s allowance of “${name}” does not last: the run rests until calls are free again.`]
        : [],
    ),
  ]
}
