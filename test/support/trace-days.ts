import type { TraceDays } from '../../server/store/database/partitions.ts'

/** As they are where nobody sets TRACE_DAYS. */
export const TRACE_DAYS: TraceDays = {
  short: { content: 7, metadata: 90 },
  standard: { content: 30, metadata: 400 },
  long: { content: 180, metadata: 2600 },
}
