import { visibleLine } from '../../../connectors/kit/visible-text.ts'
import { INVITATION_PAGE } from '../../contract/paths.ts'
import type { AppParts } from '../http/parts.ts'
import type { InvitationPace } from './invitation-pace.ts'

/** Sends somebody the link they were invited by. Answers whether the mail server has taken it. */
export async function sendInvitation(
  { mail, mailLinks, config }: Pick<AppParts, 'mail' | 'mailLinks' | 'config'>,
  invited: {
    readonly email: string
    readonly by: string
    readonly workspace: string
    readonly workspaceId: string
    readonly secret: string
    readonly days: number
  },
  pace: InvitationPace,
  failed: (error: unknown) => void,
): Promise<boolean> {
  // The configured address, whatever a request says.
  const origin = mailLinks ?? config.publicUrl
  if (!mail || origin === undefined) return false
  const { email, secret, days } = invited
  if (!pace.maySend(invited.workspaceId, email)) return false
  // Names are of those who invite: none begins a line of its own in a letter that is ours.
  const [by, workspace] = [visibleLine(invited.by), visibleLine(invited.workspace)]
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
