import { Type } from 'typebox'
import { STOP_LETTER_PAGE, STOP_LETTERS } from '../contract/paths.ts'
import { StopLetterParams } from '../contract/people.ts'
import { stopWeekly } from '../store/preferences.ts'
import { readStopToken } from '../weekly/stop-link.ts'
import type { Api, AppParts } from './parts.ts'
import { ApiProblem } from './problems.ts'

/** In bytes: a mail server sends one field. */
const MOST = 10_000

/** What the link in a weekly letter does, for whoever has the letter: nobody has to sign in to be rid of it. */
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
