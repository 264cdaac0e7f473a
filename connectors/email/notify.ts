import { Type } from 'typebox'
import { CONFIRMED, type DataRecord, defineWrite, type Outcome } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../kit/fields.ts'
import { emailReferences } from '../kit/people.ts'
import { needsNoticeKey, NoticeKey } from '../kit/notice-key.ts'
import { excerpt } from '../kit/redact.ts'
import { visibleLine, visibleText } from '../kit/visible-text.ts'
import { addressOf } from './address.ts'
import { messageOf } from './message.ts'
import { type Sent, withSmtp } from './smtp.ts'

/** RFC 5321, 4.5.3.1.8: every server takes a hundred. */
const MOST_RECIPIENTS = 100

export const notify = defineWrite({
  name: 'notify',
  title: 'Send a notice by e-mail',
  summary: 'Sends a short e-mail, once for each key. A mail cannot be recalled.',
  synonyms: ['email', 'mail', 'smtp', 'alert', 'message', 'notice'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions: [],
  rules: [needsNoticeKey('each mail')],
  // A mailbox cannot be asked what is in it, and people have read it.
  effect: 'unsafe',
  announces: true,
  policies: ['once-per-key'],
  payload: Type.Object(
    {
      key: NoticeKey,
      to: Type.Union(
        [Type.String({ minLength: 1 }), Type.Array(Type.String(), { minItems: 1, maxItems: MOST_RECIPIENTS })],
        { title: 'Recipients', description: 'One address, or a list of at most 100' },
      ),
      subject: Type.String({ title: 'Subject', minLength: 1, maxLength: 200 }),
      text: Type.String({ title: 'Text', minLength: 1, maxLength: 20_000 }),
      replyTo: Type.Optional(Type.String({ title: 'Answers go to' })),
    },
    { additionalProperties: false },
  ),
  maxBatch: 1,
  prepare(_settings, payload) {
    const subject = visibleLine(textOf(payload.subject))
    const text = visibleText(textOf(payload.text)).trimEnd()
    if (subject === '' || text === '') throw new StepError('INVALID_INPUT', 'A mail needs a subject and a text.')
    const replyTo = textOf(payload.replyTo)
    return { key: payload.key, to: recipientsOf(payload), subject, text, replyTo: replyTo && addressOf(replyTo) }
  },
  key: (_settings, payload) => textOf(payload.key),
  // One of them was erased: nobody is written to, and a person takes the address out.
  subjects: (_settings, payload) => listOf(payload.to).flatMap((address) => emailReferences(textOf(address))),
  async write(context, items) {
    const { connection } = context
    const outcomes: Outcome[] = []
    for (const { key, value } of items) {
      const from = senderOf(textOf(connection.from))
      const to = listOf(value.to).map(textOf)
      const message = await messageOf(
        {
          from,
          fromName: textOf(connection.fromName),
          to,
          replyTo: textOf(value.replyTo),
          subject: textOf(value.subject),
          text: textOf(value.text),
        },
        key,
      )
      const sent = await withSmtp(context, (smtp) => smtp.send({ from, to }, message))
      outcomes.push(outcomeOf(sent))
    }
    return outcomes
  },
})

/** Each once, whatever their case: the second of two would be a second mail. */
function recipientsOf({ to }: DataRecord): readonly string[] {
  const written = (Array.isArray(to) ? to : [to]).map((one) => addressOf(textOf(one)))
  return [...new Map(written.map((address) => [address.toLowerCase(), address])).values()]
}

/** The connection's own mistake is no record's. */
function senderOf(from: string): string {
  try {
    return addressOf(from)
  } catch (error) {
    throw new StepError('CONFIG_INVALID', 'The connection has no usable address of the sender.', { cause: error })
  }
}

/** Some have it, some were refused: sent again it would reach the first twice, so a person decides. */
function outcomeOf({ accepted, rejectedErrors = [] }: Sent): Outcome {
  if (rejectedErrors.length === 0) return CONFIRMED
  const refused = rejectedErrors.map(
    (error) => `${textOf(error.recipient)} (${excerpt(textOf(fieldsOf(error).response), 120)})`,
  )
  return {
    status: 'unknown',
    message: `The mail went to ${accepted.join(', ')}, but not to ${refused.join(', ')}. Settle it as arrived, and write to the others under another key.`,
  }
}
