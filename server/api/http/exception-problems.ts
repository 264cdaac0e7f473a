/** Why an exception, or its record, is not touched: part of PROBLEMS. */
export const EXCEPTION_PROBLEMS = {
  EXCEPTION_CLOSED: { status: 409, title: 'The exception is closed', meaning: 'It was resolved or dismissed before.' },
  EXCEPTION_RETRYING: {
    status: 409,
    title: 'The exception is being tried again',
    meaning: 'Somebody, or the flow itself, was first. See how its run ends.',
  },
  EXCEPTION_HELD: {
    status: 409,
    title: 'The exception waits for another one',
    meaning:
      'An earlier record of the same key has an open exception. When that is closed, this one follows by itself.',
  },
  UNKNOWN_FIRST: {
    status: 409,
    title: 'Settle the outcome first',
    meaning: 'Nobody knows whether it arrived. Say so first; then it is tried again or closed.',
  },
  EFFECT_UNDER_WAY: {
    status: 409,
    title: 'It may still arrive',
    meaning:
      'Its answer may still come, or it is being looked for in the other system at this moment. What did not arrive is sent again, so say so when that is over; `Retry-After` says when.',
  },
  NODE_GONE: {
    status: 409,
    title: 'The step is not there any more',
    meaning: 'The live version has no such step. Try again with the version that ran, or dismiss the exception.',
  },
  RERUN_INSTEAD: {
    status: 409,
    title: 'The record cannot go alone',
    meaning: 'A summary or a join follows, which needs all records of a run. Run the earlier run again instead.',
  },
} as const satisfies {
  readonly [code: string]: { readonly status: number; readonly title: string; readonly meaning: string }
}
