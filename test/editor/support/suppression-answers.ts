import * as suppressions from '../../../server/contract/suppressions.ts'
import { ago, id } from './numbered.ts'
import { Refusal, type Route } from './route.ts'

const DAY = 86_400_000
const list = '/workspaces/:workspace/suppressions'

const entry = (place: number, more: Partial<suppressions.SuppressionView> = {}): suppressions.SuppressionView => ({
  id: id(16, place),
  reason: 'Asked to be erased, ticket 4711',
  addedAt: ago(place * DAY),
  addedBy: 'Jana Weiss',
  run: null,
  liftedAt: null,
  liftedBy: null,
  liftReason: null,
  ...more,
})

/** One by a person, one by a flow, one that was lifted, one by somebody who is not there any more. */
const entries = (): suppressions.SuppressionView[] => [
  entry(1),
  entry(2, { reason: 'Deleted by the step “Delete contacts”.', addedBy: null, run: id(3, 2) }),
  entry(9, { liftedAt: ago(DAY), liftedBy: 'Tom Okafor', liftReason: 'Signed up again on 22 November' }),
  entry(40, { addedBy: null, reason: 'Letter of the data protection officer of 3 October, '.repeat(4).trim() }),
]

/** The suppression list: the e-mail address ada@example.com stands in it, and nobody else can be found. */
export const suppressionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: list,
    schema: suppressions.SuppressionList,
    answer: (scene) => ({ items: scene.flows.length === 0 ? [] : entries(), next: null }),
  },
  {
    method: 'POST',
    path: `${list}/look-up`,
    schema: suppressions.SuppressionFound,
    body: suppressions.SuppressionLookUp,
    answer: (_scene, { body }: { body: suppressions.SuppressionLookUp }) => ({
      items: body.value === 'ada@example.com' ? entries().slice(0, 1) : [],
    }),
  },
  {
    method: 'POST',
    path: list,
    schema: suppressions.SuppressionAnswer,
    body: suppressions.SuppressionRequest,
    answer: (_scene, { body }: { body: suppressions.SuppressionRequest }) => ({
      added: true,
      entry: entry(0, { reason: body.reason }),
    }),
  },
  {
    method: 'POST',
    path: `${list}/:suppression/lift`,
    schema: suppressions.SuppressionView,
    body: suppressions.LiftRequest,
    answer: (_scene, { params, body }: { params: { suppression?: string }; body: suppressions.LiftRequest }) => {
      const one = entries().find((known) => known.id === params.suppression)
      if (!one) return new Refusal(404, 'NOT_FOUND', 'Not found', 'There is no such entry in this workspace.')
      return { ...one, liftedAt: ago(0), liftedBy: 'Jana Weiss', liftReason: body.reason }
    },
  },
]
