/**
 * A process with an environment of its own that calls out as a connection would: tells for each address that it is
 * given what came of it, as JSON.
 */
import { StepError } from '../../../connectors/kit/errors.ts'
import { createBudget } from '../../../server/connect/budget.ts'
import { createEgressAgent } from '../../../server/connect/egress.ts'
import { createHttp } from '../../../server/connect/http.ts'

const answers: string[] = []
for (const address of process.argv.slice(2)) {
  const url = new URL(address)
  const allow = new Set([`${url.hostname}:${url.port}`])
  const agent = createEgressAgent({ allow, lookup: async () => ['127.0.0.1'], connectMs: 500 })
  const http = createHttp({
    agent,
    hosts: [...allow],
    allow,
    budget: createBudget({ concurrent: 1, perMinute: 100 }),
    signal: new AbortController().signal,
  })
  try {
    answers.push(String((await http.send({ method: 'GET', url: address })).status))
  } catch (error) {
    answers.push(error instanceof StepError ? `${error.code} ${error.dialled} ${error.message}` : String(error))
  }
  await agent.destroy()
}
console.log(JSON.stringify(answers))
