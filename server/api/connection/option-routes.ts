import type { Option, OptionSource } from '../../../connectors/kit/options.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import { MOST_OPTIONS, OptionList, OptionParams, OptionQuery } from '../../contract/connections.ts'
import { findConnection } from '../../store/connection/connection-records.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

/** Somebody waits in front of a form. */
const ANSWER_MS = 20_000
/** Several settings of a form, and each letter of a search, ask for the same. */
const KEPT_MS = 60_000
const MOST_KEPT = 200

type Kept = { readonly until: number; readonly options: Promise<readonly Option[]> }

/** Choices for the forms of settings, asked of a connection: with its login, its budget and its guard. */
export function optionRoutes(api: Api, parts: AppParts): void {
  const kept = new Map<string, Kept>()

  api.get(
    '/workspaces/:workspace/connections/:connection/options/:source',
    {
      schema: {
        summary: 'What a setting may be, as the other system has it: accounts, fields, lists',
        tags: ['connections'],
        params: OptionParams,
        querystring: OptionQuery,
        response: { 200: OptionList },
      },
      config: { permission: 'connections.options', whileClosing: false, codes: ['RATE_LIMITED', 'REMOTE_FAILED'] },
    },
    async (request) => {
      const { workspace, connection, source: name } = request.params
      const { search, fresh } = request.query
      const row = found(await inTenant(parts, request, (tx) => findConnection(tx, workspace, connection)), 'connection')
      const connector = parts.connectors.find((one) => one.name === row.connector)
      const source = found(
        connector?.options?.find((one) => one.name === name),
        'list of options',
      )
      // A change of the connection makes another key.
      const key = [workspace, connection, name, row.updated_at.getTime()].join('/')
      const options = await remembered(kept, key, fresh === true, () => ask(parts, workspace, connection, source))
      const fitting = matching(options, search ?? '')
      return { items: fitting.slice(0, MOST_OPTIONS), more: fitting.length > MOST_OPTIONS }
    },
  )
}

async function ask(parts: AppParts, workspace: string, connection: string, source: OptionSource) {
  const signal = AbortSignal.timeout(ANSWER_MS)
  try {
    const open = await parts.connections.open(workspace, connection)
    return await source.options({ ...open.context(signal), settings: {} })
  } catch (error) {
    throw asProblem(error, signal)
  }
}

/** Errors are not kept: the next request asks again. */
function remembered(
  kept: Map<string, Kept>,
  key: string,
  fresh: boolean,
  load: () => Promise<readonly Option[]>,
): Promise<readonly Option[]> {
  const now = Date.now()
  const known = kept.get(key)
  if (known && known.until > now && !fresh) return known.options
  const options = load()
  kept.delete(key)
  kept.set(key, { until: now + KEPT_MS, options })
  for (const [old, { until }] of kept) if (until <= now || kept.size > MOST_KEPT) kept.delete(old)
  options.catch(() => {
    if (kept.get(key)?.options === options) kept.delete(key)
  })
  return options
}

function matching(options: readonly Option[], search: string): Option[] {
  const part = search.trim().toLowerCase()
  return options.filter(({ value, label }) => `${label}\n${value}`.toLowerCase().includes(part))
}

function asProblem(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return new ApiProblem('REMOTE_FAILED', `There was no answer within ${ANSWER_MS / 1000} seconds.`, { cause: error })
  }
  if (!(error instanceof StepError)) return error
  if (error.code !== 'RATE_LIMITED') return new ApiProblem('REMOTE_FAILED', error.message, { cause: error })
  const retryAfterSeconds = Math.ceil((error.retryAfterMs ?? 1000) / 1000)
  return new ApiProblem('RATE_LIMITED', error.message, { cause: error, retryAfterSeconds })
}
