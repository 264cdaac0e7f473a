import { visibleLine } from '../../../connectors/kit/visible-text.ts'
import { inWorkspace } from '../../store/database/database.ts'
import { listMembers } from '../../store/people/members.ts'
import type { AppParts } from '../http/parts.ts'

/** Tells the other owners that their workspace is being closed, while they can still take that back. */
export async function tellClosed(
  { app, mail, mailLinks, config }: AppParts,
  closed: {
    readonly workspace: string
    readonly name: string
    readonly by: { id: string; name: string }
    readonly day: string
  },
): Promise<void> {
  if (!mail) return
  const { workspace, by, day } = closed
  // Names are of those who give them: none begins a line of its own in a letter that is ours.
  const [name, closer] = [visibleLine(closed.name), visibleLine(by.name)]
  const members = await inWorkspace(app, workspace, (tx) => listMembers(tx, workspace))
  const origin = mailLinks ?? config.publicUrl
  const at = origin ? `\n\n${origin}/w/${workspace}/close` : ''
  for (const { user, email, role, disabled } of members) {
    if (role !== 'owner' || disabled || user === by.id) continue
    await mail.send({
      to: email,
      subject: `“${name}” is being closed`,
      text: `${closer} has closed the workspace “${name}” in Tieline. Everything in it is off and can only be read. Its data is deleted after ${day}; until then you can take that back, and download what is in it.${at}\n`,
    })
  }
}
