/** A record of the sample as a question to the server: by what it is known, and how much of it would be sent. */
export type Weight = { readonly id: number; readonly bytes: number }

/** A little less than the server takes in one question (server/api/http/json-body.ts): the expression comes on top. */
export const MOST_ASKED = 900_000

const known = new WeakMap<object, Weight>()
let last = 0

/** Worked out once for each record: a key made of the record itself would write it out for every letter typed. */
export function weightOf(record: object): Weight {
  const before = known.get(record)
  if (before) return before
  const weight = { id: ++last, bytes: JSON.stringify(record).length }
  known.set(record, weight)
  return weight
}
