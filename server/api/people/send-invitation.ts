import { INVITATION_PAGE } from '../../contract/paths.ts'
import type { AppParts } from '../http/parts.ts'

/** Sends somebody the link they were invited by. Answers whether the mail server has taken it. */
export async function sendInvitation(
  { mail, mailLinks, config }: Pick<AppParts, 'mail' | 'mailLinks' | 'config'>,
  invited: {
    readonly email: string
    readonly by: string
    readonly workspace: string
    readonly secret: string
    readonly days: number
  },
  failed: (error: unknown) => void,
): Promise<boolean> {
  // The configured address, whatever a request says.
  const origin = mailLinks ?? config.publicUrl
  if (!mail || origin === undefined) return false
  const { email, by, workspace, secret, days } = invited
  try {
    await mail.send({
      to: email,
      subject: `${by} invites you to “${workspace}”`,
      text: `${by} invites you to the workspace “${workspace}” in Tieline.\n\nOpen this link within ${days} days; it works once:\n${origin}${INVITATION_PAGE}#${secret}\n\nIf you expect no such invitation, do nothing.\n`,
    })
    return true
  } catch (error) {
    failed(error)
    return false
  }
}
