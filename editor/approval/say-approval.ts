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
