import type { ErasureRecord } from '../store/erasure/erasure-record.ts'
import type { HousekeepingTask } from './housekeeping.ts'

/** Every minute: what was erased is written down outside the database, so that no backup from before brings it back. */
export const keepErasures = (record: ErasureRecord): HousekeepingTask => ({
  name: 'erasure-record',
  everySeconds: 60,
  run: (system) => record.keep(system),
})
