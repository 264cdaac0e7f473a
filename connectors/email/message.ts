import { createHash } from 'node:crypto'
import { visibleLine } from '../kit/visible-text.ts'

export type Mail = {
  readonly from: string
  readonly fromName: string
  /** As they go over the wire. */
  readonly to: readonly string[]
  readonly replyTo: string
  readonly subject: string
  readonly text: string
}

/** More recipients than this do not see one another: their list would be longer than the mail. */
const SHOWN = 10

/** The bytes of a mail (RFC 5322): plain text and nothing else, so that nothing in it can be a link in disguise. */
export async function messageOf(mail: Mail, key: string): Promise<Buffer> {
  // At the first mail, as the rest of the library.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const { from, fromName, to, replyTo, subject, text } = mail
  const composer = new MailComposer({
    from: { name: visibleLine(fromName), address: from },
    to:
      to.length > SHOWN ? { name: 'undisclosed recipients', group: [] } : to.map((address) => ({ name: '', address })),
    ...(replyTo === '' ? {} : { replyTo: { name: '', address: replyTo } }),
    subject,
    text,
    messageId: messageId(mail, key),
    // RFC 3834: no holiday notice answers it.
    headers: { 'auto-submitted': 'auto-generated' },
    // Texts that look like a file or an address are texts.
    disableFileAccess: true,
    disableUrlAccess: true,
    xMailer: false,
    newline: '\r\n',
  })
  return composer.compile().build()
}

/** The same mail about the same thing has one id, whenever it is handed over: mailboxes drop the second of two. */
export function messageId({ from, to, subject, text }: Mail, key: string): string {
  const mark = createHash('sha256')
    .update(JSON.stringify([key, from, to, subject, text]))
    .digest('hex')
    .slice(0, 40)
  return `<${mark}@${from.slice(from.lastIndexOf('@') + 1)}>`
}
