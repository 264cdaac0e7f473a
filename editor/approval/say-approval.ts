import type { ApprovalView } from '../../server/contract/approvals.ts'
import { visible } from '../format/visible.ts'

export const STATE_WORDS = {
  open: { tone: 'person', word: 'Waits' },
  approved: { tone: 'ok', word: 'Approved' },
  refused: { tone: 'failed', word: 'Refused' },
  void: { tone: 'cancelled', word: 'Void' },
} as const satisfies { readonly [S in ApprovalView['state']]: object }

export const nameOf = (one: Pick<ApprovalView, 'kind' | 'flow'>): string =>
  one.kind === 'rule' ? 'The approvals end' : visible(one.flow?.name ?? '')

/** Who decided what. Nobody makes a request void: it becomes so when something else happens, or is taken back. */
export function sayDecided({ state, decidedBy, mine, askedBy }: ApprovalView): string {
  if (state !== 'void') return `${STATE_WORDS[state].word}${decidedBy === null ? '' : ` by ${decidedBy}`}`
  if (decidedBy !== askedBy) return 'Void: it did not go live'
  return mine ? 'You took it back' : `${askedBy} took it back`
}

/** What approving does, before it does it. */
export function sayApproving(one: ApprovalView): {
  readonly title: string
  readonly verb: string
  readonly effect: string
} {
  if (one.kind === 'rule') {
    return {
      title: 'Let the approvals end?',
      verb: 'Let them end',
      effect:
        'From then on whoever may publish makes a draft live by themselves. What waits for a second person now still does, until it is decided or goes live otherwise.',
    }
  }
  return {
    title: `Approve ${nameOf(one)}?`,
    verb: 'Approve, and let it go live',
    effect: `It goes live at once, as it stands here. ${
      one.push
        ? 'If another version went live since it was asked for, it does not.'
        : 'If somebody has changed it since it was asked for, it does not.'
    }`,
  }
}
