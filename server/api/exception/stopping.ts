import { REACTIONS } from '../../../connectors/kit/errors.ts'

/** Codes that stop a flow: the events of its run go back to their hook. */
export const STOPPING = Object.entries(REACTIONS).flatMap(([code, reaction]) => (reaction === 'pause' ? [code] : []))
