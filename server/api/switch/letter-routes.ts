import { Type } from 'typebox'
import { STOP_LETTER_PAGE, STOP_LETTERS } from '../../contract/paths.ts'
import { StopLetterParams } from '../../contract/people.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { listMemberships } from '../../store/people/people.ts'
import { stopWeekly } from '../../store/people/preferences.ts'
import { waysOf } from '../../store/people/ways.ts'
import { countUnknowns } from '../../store/effect/unknown-effects.ts'
import { MOST_DOUBTS, weeklyLetter } from '../../weekly/letter.ts'
import { readStopToken } from '../../weekly/stop-link.ts'
import { personAsks } from '../http/access.ts'
import { describeAutomations } from './describe-automations.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

/** In bytes: a mail server sends one field. */
const MOST = 10_000

/**
 * The weekly letter by hand, to oneself; and what the link in it does, for whoever has the letter: nobody has to sign in to
 * be rid of it.
 */
export function letterRoutes(api: Api, parts: AppParts): void {
  const tags = ['yourself']
  const read = (token: string) => {
    const named = readStopToken(parts.keys, token)
    if (named) return named
    throw new ApiProblem(
      'NOT_FOUND',
      'This link is not whole. Open it as it stands in the letter, or sign in and switch the letter off.',
    )
  }

  api.post(
    '/workspaces/:workspace/weekly-letter',
    {
      schema: {
        summary:
          'Send yourself the week of this workspace now, as Monday’s letter says it. That one comes all the same',
        tags,
        params: WorkspaceParams,
        response: { 204: Type.Null() },
      },
      config: {
        permission: 'workspace.read',
        codes: ['NOT_FOUND', 'REMOTE_FAILED', 'RATE_LIMITED'],
        rateLimit: { max: 3, timeWindow: '1 minute' },
      },
    },
    async (request, reply) => {
      const { person } = personAsks(request)
      const { mail } = parts
      const url = parts.mailLinks ?? parts.config.publicUrl
      if (!mail || url === undefined) throw new ApiProblem('NOT_FOUND', 'This installation sends no e-mail.')
      const there = (await listMemberships(parts.system, person.id)).find(({ id }) => id === request.params.workspace)
      const { numbers } = (await waysOf(parts.system, person.id)).preferences
      const letter = await inTenant(parts, request, async (tx, workspace) =>
        weeklyLetter({
          ...{
            name: person.name,
            numbers: typeof numbers === 'string' ? numbers : null,
            url,
            workspace: { id: workspace, name: there?.name ?? '' },
          },
          automations: (await describeAutomations(parts, tx, workspace, request.role ?? 'client')).items,
          doubts: await countUnknowns(tx, workspace, MOST_DOUBTS),
        }),
      )
      try {
        await mail.send({ to: person.email, ...letter })
      } catch (error) {
        request.log.error({ err: error }, 'mail was not sent')
        const detail = 'The mail server did not take it. Whoever runs Tieline finds in the log what it said.'
        throw new ApiProblem('REMOTE_FAILED', detail, { cause: error })
      }
      return reply.code(204).send(null)
    },
  )

  api.get(
    `${STOP_LETTERS}/:token`,
    {
      schema: {
        summary: 'The link in a weekly letter, opened: stops nothing yet, since programs open links too',
        tags,
        params: StopLetterParams,
        response: { 302: Type.Null() },
      },
      config: { permission: 'public', codes: ['NOT_FOUND'] },
    },
    async (request, reply) => {
      read(request.params.token)
      return reply.redirect(`${STOP_LETTER_PAGE}#${request.params.token}`, 302)
    },
  )

  api.register(async (scope: Api) => {
    // What mail programs send: “List-Unsubscribe=One-Click” as either kind of form (RFC 8058, section 3.1).
    scope.addContentTypeParser<string>(
      ['application/x-www-form-urlencoded', 'multipart/form-data'],
      { parseAs: 'string', bodyLimit: MOST },
      async (_request: unknown, text: string) => {
        if (/\bList-Unsubscribe(?:=|"\r?\n[\s\S]*\r?\n)One-Click\b/.test(text)) return undefined
        throw new ApiProblem('REQUEST_INVALID', 'A form has to say List-Unsubscribe=One-Click.')
      },
    )
    scope.post(
      `${STOP_LETTERS}/:token`,
      {
        schema: {
          summary: 'Stop the weekly letter of one workspace to one person, as the link says (RFC 8058)',
          tags,
          params: StopLetterParams,
          response: { 204: Type.Null() },
        },
        config: { permission: 'public', codes: ['NOT_FOUND', 'REQUEST_INVALID'] },
      },
      async (request, reply) => {
        const { user, workspace } = read(request.params.token)
        await stopWeekly(parts.system, user, workspace)
        return reply.code(204).send(null)
      },
    )
  })
}
