import { readFile, writeFile } from 'node:fs/promises'
import type { Draft, FlowList, FlowView, ProblemList, Published } from '../contract/flows.ts'
import { type Client, CommandError, describeProblem, EXIT } from './api-client.ts'

type Say = (line: string) => void

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A flow by its id, or by its name when only one has it. */
export async function findFlow(client: Client, idOrName: string): Promise<string> {
  if (UUID.test(idOrName)) return idOrName
  const { items } = await client.call<FlowList>('GET', '/flows')
  const named = items.filter(({ name }) => name === idOrName)
  if (named.length === 1 && named[0]) return named[0].id
  const hint = named.length > 1 ? `${named.length} flows are` : 'No flow is'
  throw new CommandError(EXIT.failed, `${hint} called “${idOrName}”. Give the id; it stands in the flow’s address.`)
}

async function readFlowFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CommandError(EXIT.usage, `The file ${file} cannot be read.`, { cause })
  })
}

export async function validateFile(client: Client, file: string, say: Say): Promise<number> {
  const { problems } = await client.call<ProblemList>('POST', '/validate', await readFlowFile(file))
  for (const problem of problems) say(describeProblem(problem))
  const errors = problems.filter(({ severity }) => severity === 'error').length
  say(errors > 0 ? `${file}: ${errors} errors` : `${file} can be published once its slots are bound`)
  return errors > 0 ? EXIT.failed : EXIT.ok
}

export async function importFile(client: Client, file: string, into: string | undefined, say: Say): Promise<number> {
  const text = await readFlowFile(file)
  if (into === undefined) {
    const flow = await client.call<FlowView>('POST', '/flows/import', text)
    say(`${flow.id} “${flow.name}” made; it is off and not published`)
    return EXIT.ok
  }
  const id = await findFlow(client, into)
  const draft = await client.call<Draft>('POST', `/flows/${id}/import`, text)
  say(`${id} “${draft.document.name}”: draft revision ${draft.revision}`)
  return EXIT.ok
}

/** To the file, or to the output when none is named. */
export async function exportFlow(client: Client, flow: string, file: string | undefined, say: Say): Promise<number> {
  const text = await client.text(`/flows/${await findFlow(client, flow)}/export`)
  if (file === undefined) say(text.trimEnd())
  else await writeFile(file, text)
  return EXIT.ok
}

export async function publishFlow(client: Client, flow: string, summary: string, say: Say): Promise<number> {
  const id = await findFlow(client, flow)
  const { revision } = await client.call<Draft>('GET', `/flows/${id}/draft`)
  const published = await client.call<Published>('POST', `/flows/${id}/publish`, { summary, revision })
  for (const warning of published.warnings) say(describeProblem(warning))
  say(`“${published.flow.name}”: version ${published.version.number} is live`)
  return EXIT.ok
}

export async function switchFlow(client: Client, flow: string, on: boolean, say: Say): Promise<number> {
  const view = await client.call<FlowView>('POST', `/flows/${await findFlow(client, flow)}/switch`, { on })
  const due = view.nextDue === null ? '' : `, next due ${view.nextDue}`
  say(`“${view.name}” is ${view.enabled ? 'on' : 'off'}${due}`)
  return EXIT.ok
}
