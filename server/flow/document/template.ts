import { type Static, Type } from 'typebox'
import { Flow } from './flow.ts'
import { WhatIf } from './what-if.ts'

const strict = { additionalProperties: false }
const Words = Type.String({ minLength: 1, maxLength: 1000 })

/** A prebuilt flow as it is shipped: one JSON file in server/templates, named after its id. */
export const Template = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,99}$' }),
    /** By which people of the agency call it: F04. */
    key: Type.String({ pattern: '^F[0-9]{2}b?$' }),
    /** Counts from 1; a flow that was made of an older one is told. */
    version: Type.Integer({ minimum: 1 }),
    title: Type.String({ minLength: 1, maxLength: 100 }),
    /** One sentence: what it is for. */
    summary: Words,
    /** What goes from where to where, a sentence each. */
    moves: Type.Array(Words, { minItems: 1 }),
    /** What has to be there before, beside connections and their permissions. */
    needs: Type.Array(Words),
    /** The choice whose outcomes can be compared at a client's volume. */
    whatIf: Type.Optional(WhatIf),
    /** Who looks after which exceptions. */
    desks: Type.Array(Type.Object({ desk: Type.Enum(['finance', 'marketing', 'technical']), owns: Words }, strict), {
      minItems: 1,
    }),
    /** What is new in each version after the first, newest first. */
    news: Type.Array(Type.Object({ version: Type.Integer({ minimum: 2 }), says: Words }, strict)),
    /** Records to try a step with, and what comes of each as the form and the policy come. */
    samples: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          title: Words,
          record: Type.Unsafe<{ readonly [field: string]: unknown }>({ type: 'object' }),
          /** Of a map or a write what it gives, of a filter whether the record goes on. Absent: nothing comes of it. */
          gives: Type.Optional(Type.Unknown()),
        },
        strict,
      ),
    ),
    flow: Flow,
  },
  strict,
)
export type Template = Static<typeof Template>
