import { timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'
import type { Measure } from './own-measures.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'
import { hashSecret } from '../http/sessions.ts'

/** The text format of Prometheus, https://prometheus.io/docs/instrumenting/exposition_formats/. */
const TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Measures of this process and of the installation, for whoever has the token. Without a token there is no such page.
 * Below the API, and as `alias` where Prometheus looks when nobody tells it: at the root.
 */
export function metricsRoutes(api: Api, parts: AppParts, alias = false): void {
  const { metricsToken } = parts.config
  if (metricsToken === undefined) return
  const token = hashSecret(metricsToken)

  api.get(
    '/metrics',
    {
      schema: {
        summary: 'Measures for Prometheus, with the token of METRICS_TOKEN',
        tags: ['health'],
        produces: ['text/plain'],
        hide: alias,
        response: { 200: Type.String() },
      },
      config: { permission: 'public' },
    },
    async (request, reply) => {
      const given = /^Bearer ([!-~]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
      if (!timingSafeEqual(hashSecret(given), token)) throw new ApiProblem('SIGN_IN_REQUIRED')
      return reply
        .type(TEXT)
        .serializer((text: string) => text)
        .send(asText(await api.measures()))
    },
  )
}

function asText(measures: readonly Measure[]): string {
  let text = ''
  for (const { name, type, help, samples } of measures) {
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
    for (const [labels, value] of samples) {
      const written = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/[\\"\n]/g, '_')}"`)
      text += `${name}${written.length > 0 ? `{${written.join(',')}}` : ''} ${value}\n`
    }
  }
  return text
}
