import { Type } from 'typebox'

/** What a notice is about and what happened, in the words of the flow: by it a repeat is known. */
export const NoticeKey = Type.String({ title: 'Business key', minLength: 1, maxLength: 200 })

/** `each`: what is sent, as in “each mail”. */
export const needsNoticeKey = (each: string) =>
  ({
    rule: 'needs-key',
    setting: 'record',
    key: 'key',
    severity: 'error',
    message: `Give ${each} a “key”: what it is about and what happened. By it a repeat is known.`,
  }) as const
