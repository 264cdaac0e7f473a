import { Type } from 'typebox'
import { CONFIRMED, defineWrite } from '../kit/connector.ts'
import { type Code, StepError } from '../kit/errors.ts'
import { textOf } from '../kit/fields.ts'
import type { HttpAnswer } from '../kit/http.ts'
import { needsNoticeKey, NoticeKey } from '../kit/notice-key.ts'
import { excerpt } from '../kit/redact.ts'
import { retryAfterMs } from '../kit/retry-after.ts'
import { visibleLine, visibleText } from '../kit/visible-text.ts'
import { MESSAGES } from './message.ts'

export const notify = defineWrite({
  name: 'notify',
  title: 'Post a notice',
  summary: 'Posts a short notice into a channel, once for each key.',
  synonyms: ['slack', 'teams', 'chat', 'alert', 'message', 'webhook'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions: [],
  rules: [needsNoticeKey('each notice')],
  // A channel cannot be asked what stands in it, and people have seen it.
  effect: 'unsafe',
  announces: true,
  policies: ['once-per-key'],
  payload: Type.Object(
    {
      key: NoticeKey,
      title: Type.Optional(Type.String({ title: 'Title', maxLength: 150 })),
      text: Type.String({ title: 'Text', minLength: 1, maxLength: 3000 }),
      link: Type.Optional(
        Type.String({
          title: 'Link',
          description: 'Where “Open” leads: an address with http or https',
          maxLength: 1000,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  maxBatch: 1,
  prepare: (_settings, payload) => ({
    key: payload.key,
    title: visibleLine(textOf(payload.title)),
    text: visibleText(textOf(payload.text)),
    ...linkOf(textOf(payload.link)),
  }),
  key: (_settings, payload) => textOf(payload.key),
  async write({ connection, http }, items) {
    const message = MESSAGES[textOf(connection.kind)] ?? MESSAGES.slack!
    for (const { value } of items) {
      const link = textOf(value.link)
      const notice = {
        ...{ key: textOf(value.key), title: textOf(value.title), text: textOf(value.text) },
        ...(link === '' ? {} : { link }),
      }
      // The login puts the webhook's own address in its place.
      const answer = await http.send({ method: 'POST', url: textOf(connection.address), json: message(notice) })
      if (answer.status < 200 || answer.status >= 300) throw refusal(answer)
    }
    return items.map(() => CONFIRMED)
  },
})

/** In one spelling, without what a chat would read as the end of the link. */
function linkOf(text: string): { readonly link?: string } {
  if (text === '') return {}
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new StepError('INVALID_INPUT', 'The link is no address with http or https.')
  return { link: new URL(text).href.replaceAll('|', '%7C') }
}

const CODES: { readonly [status: number]: Code } = {
  401: 'LOGIN_REFUSED',
  403: 'PERMISSION_MISSING',
  404: 'LOGIN_REFUSED',
  410: 'LOGIN_REFUSED',
  429: 'RATE_LIMITED',
}

function refusal(answer: HttpAnswer): StepError {
  const { status } = answer
  const remote = excerpt(answer.text)
  const gone =
    status === 404 || status === 410
      ? ' The webhook is not there any more: make another one.'
      : status >= 300 && status < 400
        ? ' It leads on to another address, which is not followed: enter that one as the address of the webhook.'
        : ''
  const code = CODES[status] ?? (status >= 500 ? 'REMOTE_DOWN' : status < 400 ? 'CONFIG_INVALID' : 'RECORD_REFUSED')
  return new StepError(code, `The channel did not take the notice: HTTP ${status}. ${remote}${gone}`, {
    status,
    remote,
    dialled: status >= 500 ? 'maybe' : 'no',
    retryAfterMs: retryAfterMs(answer),
  })
}
