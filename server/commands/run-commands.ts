import { setTimeout as sleep } from 'node:timers/promises'
import type { ExceptionList } from '../contract/exceptions.ts'
import type { NodeStepList, RunView } from '../contract/runs.ts'
import { type Client, EXIT } from './api-client.ts'
import { findFlow } from './flow-commands.ts'

type Say = (line: string) => void

const LOOK_EVERY_MS = 1_000
const LIVE = new Set<RunView['state']>(['queued', 'running', 'waiting'])

/** With `wait`: a line whenever something moved, and exit code 0 only if the run succeeded whole. */
export async function runFlow(
  client: Client,
  flow: string,
  options: { wait: boolean; node: string | undefined },
  say: Say,
): Promise<number> {
  const id = await findFlow(client, flow)
  const body = options.node === undefined ? {} : { node: options.node }
  let run = await client.call<RunView>('POST', `/flows/${id}/run`, body)
  say(`run ${run.id} of “${run.flow.name}” version ${run.version}`)
  if (!options.wait) return EXIT.ok
  for (let shown = ''; ; ) {
    const line = describeRun(run)
    if (line !== shown) say(line)
    shown = line
    if (!LIVE.has(run.state)) break
    await sleep(LOOK_EVERY_MS)
    run = await client.call<RunView>('GET', `/runs/${run.id}`)
  }
  if (run.nextAction !== null) say(run.nextAction)
  return run.state === 'succeeded' ? EXIT.ok : EXIT.failed
}

/** What one run did, node by node, and the newest of what it set aside. */
export async function traceRun(client: Client, id: string, say: Say): Promise<number> {
  const run = await client.call<RunView>('GET', `/runs/${encodeURIComponent(id)}`)
  say(`“${run.flow.name}” version ${run.version}, ${run.cause}, ${run.createdAt}`)
  say(describeRun(run))
  const { items } = await client.call<NodeStepList>('GET', `/runs/${run.id}/steps`)
  for (const step of items) {
    const failed = step.failed > 0 ? `, failed in ${step.failed} batches` : ''
    const times = `${step.batches} batches, ${step.workingMs} ms at work, ${step.waitingMs} ms waiting, ${step.calls} calls`
    say(`  ${step.name} [${step.node}, ${step.operation}]: ${describeCounts(step.counts)}; ${times}${failed}`)
  }
  const exceptions = await client.call<ExceptionList>('GET', `/exceptions?run=${run.id}&limit=20`)
  for (const one of exceptions.items) {
    say(`  exception ${one.code} at ${one.node}, ${one.businessKey ?? 'no key'}: ${one.message}`)
  }
  if (exceptions.next !== null) say('  … and more exceptions')
  if (run.nextAction !== null) say(run.nextAction)
  return EXIT.ok
}

function describeRun(run: RunView): string {
  const code = run.code === null ? '' : ` ${run.code}`
  const reason = run.reason === null ? '' : `: ${run.reason}`
  const wake = run.wakeAt !== null && run.state === 'waiting' ? ` (until ${run.wakeAt})` : ''
  return `${run.state}${code}${wake}; ${run.batches} batches, ${describeCounts(run.counts)}${reason}`
}

function describeCounts(counts: RunView['counts']): string {
  const list = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
  return list.length > 0 ? list.join(', ') : 'nothing counted yet'
}
