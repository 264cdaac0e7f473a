import { registerHooks } from 'node:module'
import { threadId } from 'node:worker_threads'

/**
 * Loaded before the product (`node --import`), it takes one of its parts away, to see what the part costs:
 * `WITHOUT=trace` keeps no steps, payloads and business keys; `WITHOUT=ledger` neither writes down nor compares what is
 * sent; `WITHOUT=both`. Nothing but a measurement may run like this: without the ledger nothing is sent once.
 */
const what = process.env.WITHOUT
const trace = what === 'trace' || what === 'both'
const ledger = what === 'ledger' || what === 'both'

/** In place of a module: its names, with `change` over those of them that differ. */
const over = (url: string, change: string) => `export * from '${url}?whole'; ${change}`

const IN_PLACE: { readonly [file: string]: ((url: string) => string) | undefined } = {
  '/server/run/batch/trace.ts': trace ? (url) => over(url, 'export const tracePayload = async () => []') : undefined,
  '/server/run/record/keys.ts': trace ? (url) => over(url, 'export const keysOf = () => new Set()') : undefined,
  '/server/store/journal/journal.ts': (url) =>
    over(
      url,
      `import { createJournal as whole } from '${url}?whole'
      export function createJournal(parts, claim) {
        const journal = whole(parts, claim)
        const less = (batch) => ({
          ...batch,
          ...(${trace} ? { steps: [], payloads: [], keys: [] } : {}),
          ...(${ledger} ? { answeredCalls: [], upserts: [], confirmed: [] } : {}),
        })
        return { ...journal, settle: (batch) => journal.settle(less(batch)) }
      }`,
    ),
  '/server/store/effect/ledger.ts': ledger
    ? (url) =>
        over(
          url,
          `import { createLedger as whole } from '${url}?whole'
          export function createLedger(parts, claim) {
            const nothing = async () => {}
            return {
              ...whole(parts, claim),
              target: async () => 1,
              recover: async () => [],
              find: async () => [],
              values: async () => new Map(),
              doubts: async () => [],
              doubtful: async () => [],
              unnamed: async () => [],
              confirmed: async (_connection, references) => new Set(references.keys()),
              suppressed: async () => new Set(),
              age: async () => 0,
              ...{ open: nothing, send: nothing, replace: nothing, answer: nothing, except: nothing, suppress: nothing, resolve: nothing },
            }
          }`,
        )
    : undefined,
}

if (what !== undefined && threadId === 0) {
  registerHooks({
    load(url, context, nextLoad) {
      const file = Object.keys(IN_PLACE).find((one) => url.endsWith(one))
      const source = file === undefined ? undefined : IN_PLACE[file]?.(url)
      return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true }
    },
  })
}
