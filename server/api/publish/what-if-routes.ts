import { TemplateParams, WhatIfRequest, WhatIfView } from '../../contract/templates.ts'
import { formOf } from '../../flow/document/answers.ts'
import { checkAnswers, settledAnswers } from '../../flow/document/form.ts'
import type { Template } from '../../flow/document/template.ts'
import { compareChoices, type WriteCost } from '../../flow/document/what-if.ts'
import { databaseNow } from '../../store/run/forecasts.ts'
import { showConnection } from '../connection/connection-routes.ts'
import { countVolume } from './count-volume.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

/** A request may last a minute. */
const COUNTING_MS = 45_000
/** What an operation that looks beforehand may take for it: kit/connector.ts. */
const LOOKS = 2

export function whatIfRoutes(api: Api, parts: AppParts, templates: ReadonlyMap<string, Template>): void {
  api.post(
    '/workspaces/:workspace/templates/:template/what-if',
    {
      schema: {
        summary: 'What each way of a template’s choice would make and cost, at the volume of a connected account',
        tags: ['templates'],
        params: TemplateParams,
        body: WhatIfRequest,
        response: { 200: WhatIfView },
      },
      config: { permission: 'flows.run', codes: ['BINDING_INVALID', 'ANSWERS_REFUSED', 'REMOTE_FAILED'] },
    },
    async (request) => {
      const template = found(templates.get(request.params.template), 'template')
      const whatIf = found(template.whatIf, 'comparison')
      const { bindings, answers = {}, volume: given } = request.body
      const form = formOf(template.flow)
      const wrong = checkAnswers(form, answers, true)
      if (wrong[0]) throw new ApiProblem('ANSWERS_REFUSED', wrong[0].message, { problems: wrong })

      const connectionOf = async (slot: string) => {
        const id = bindings[slot]
        if (id === undefined) return undefined
        const connection = await showConnection(parts, request, id)
        const { connector, title } = template.flow.slots[slot]!
        if (connection.connector === connector) return connection
        throw new ApiProblem('BINDING_INVALID', `“${title}” is for ${connector}; choose such a connection.`)
      }
      const target = await connectionOf(whatIf.target)
      const perDay = target?.budget?.perDay ?? null
      const source = given ? undefined : await connectionOf(whatIf.source)
      if (!given && !source) {
        const { title } = template.flow.slots[whatIf.source]!
        throw new ApiProblem('BINDING_INVALID', `Choose a connection for “${title}”, or say how many there are a day.`)
      }
      const now = await inTenant(parts, request, (tx) => databaseNow(tx))
      const counted = source
        ? await countVolume(parts, request.params.workspace, source.id, whatIf, now, AbortSignal.timeout(COUNTING_MS))
        : undefined
      const volume = counted?.volume ?? given ?? {}
      const titles = new Map(
        (form.find(({ name }) => name === whatIf.question)?.choices ?? []).map(({ value, title }) => [value, title]),
      )
      const choices = compareChoices(whatIf, volume, settledAnswers(form, answers), (id) => costOf(parts, id), perDay)
      return {
        volume: whatIf.counts.map(({ name }) => ({ name, perDay: volume[name] ?? 0 })),
        countedDays: counted?.days ?? null,
        perDay,
        choices: choices.map((one) => ({ ...one, title: titles.get(one.value) ?? one.value })),
        assumptions: [
          'Figures are of an average day, and the most that it can be: every record counts, and none was sent before.',
          'Days that change later make one document more each, with the same calls.',
        ],
      }
    },
  )
}

function costOf({ connectors }: AppParts, id: string): WriteCost {
  const operation = connectors
    .flatMap(({ name, operations }) => operations.map((one) => ({ id: `${name}.${one.name}`, one })))
    .find((each) => each.id === id)?.one
  if (operation?.kind !== 'write') throw new Error(`${id} is no write`)
  return { maxBatch: operation.maxBatch, looks: operation.check ? LOOKS : 0 }
}
