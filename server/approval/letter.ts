import { visibleLine } from '../../connectors/kit/visible-text.ts'
import type { DueLetter } from '../store/flow/approval-letters.ts'

/** Names and reasons are of those who write them: none begins a line of its own in a letter that is ours. */
const quoted = (text: string): string => `“${visibleLine(text)}”`

/** What waits for whom, and where; or how it ended. */
export function approvalLetter(due: DueLetter, url: string): { readonly subject: string; readonly text: string } {
  const [asker, here] = [visibleLine(due.asker), quoted(due.workspaceName)]
  const at = `${url}/w/${due.workspace}/approvals/${due.approval}`
  const what = due.kind === 'rule' ? 'publishing without a second person' : quoted(due.flow ?? '')
  const parts =
    due.about === 'asked'
      ? [
          `${asker} asks that ${due.kind === 'rule' ? `nobody approves any more what goes live in ${here}` : `${what} go live in ${here}`}: ${quoted(due.summary)}`,
          `See what would change, and approve or refuse it:\n${at}`,
          'Until somebody who had no part in it has approved, it does not go live. You get this because your role lets you approve.',
        ]
      : [`You asked for ${what} in ${here}. ${sayEnd(due)}`, `The request:\n${at}`]
  return {
    subject: visibleLine(
      due.about === 'asked' ? `${asker} asks you to approve ${what}` : `${headOf(due)}: ${what}`,
    ).slice(0, 150),
    text: `${[`Hello ${visibleLine(due.name)},`, ...parts].join('\n\n')}\n`,
  }
}

const headOf = ({ state }: DueLetter): string =>
  state === 'approved' ? 'Approved' : state === 'refused' ? 'Refused' : 'Did not go live'

function sayEnd({ state, kind, decider, reason }: DueLetter): string {
  const by = visibleLine(decider ?? 'Somebody')
  if (state === 'approved') {
    return kind === 'rule'
      ? `${by} has approved it: nobody approves from now on.`
      : `${by} has approved it: it is live.`
  }
  const why = reason === null ? '' : `: ${quoted(reason)}`
  return state === 'refused' ? `${by} has refused it${why}` : `It did not go live${why}`
}
