import { ago, id } from './numbered.ts'
import { ordinary, type Scene } from './scene.ts'

const HOUR = 3_600_000

/**
 * A day on which much is that seldom is: a flow turns on by itself, somebody else edits and decides, a batch failed as a
 * whole, a run went by another policy than the one before, and records are pinned to a step.
 */
export function rarer(): Scene {
  const scene = ordinary()
  return {
    ...scene,
    editedBy: 'Tom Okafor',
    whyOthersDecide: 'You had a part in it since the last version.',
    expressionFault: { code: 'EXPRESSION_FAILED', message: 'There is no function $sums.', hint: 'Is it $sum?' },
    document: {
      ...scene.document,
      layout: { nodes: {}, groups: [{ id: 'write', title: 'What is written', nodes: ['contacts', 'rows'] }] },
    },
    flows: scene.flows.map((flow) =>
      flow.id === id(2, 4)
        ? {
            ...{ ...flow, liveVersion: 1 },
            turnOn: { at: ago(-HOUR), backlog: 'missed-too', by: 'Tom Okafor', settledAt: null, refused: null },
          }
        : flow,
    ),
    runs: scene.runs.map((run, at) => ({
      ...run,
      policy: { version: at + 1, sentence: `Sales count on day ${at + 1} after they are paid.` },
    })),
    batches: scene.batches.map((step) => ({
      ...step,
      error: { code: 'REMOTE_DOWN', message: 'Emarsys answered with status 503.' },
    })),
    samples: ['rows', 'sales'].map((node) => ({
      ...{ node, kind: 'pinned', records: 1, run: null, author: 'Tom Okafor', at: ago(HOUR), basis: null },
      inputs: { in: [{ InvoiceNumber: 'INV-0192', LineItems: [{ ItemCode: 'TENT-2', LineAmount: 310 }] }] },
    })),
    refuse: [
      {
        ...{ path: '/notices', status: 409, code: 'OVERTAKEN' },
        ...{ title: 'Somebody was first', detail: 'What you started from has been changed since. Read it again.' },
      },
    ],
  }
}
