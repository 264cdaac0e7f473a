import { Type } from 'typebox'

// Parts of the payloads of writes.

export const Text = (title: string, maxLength = 255) => Type.String({ title, maxLength })
/** A number, or its decimal text: both are sent as numbers. */
export const Amount = (title: string) => Type.Union([Type.Number(), Type.String()], { title })

export const Tracking = Type.Array(
  Type.Object({ Name: Text('Category'), Option: Text('Option') }, { additionalProperties: false }),
  { title: 'Tracking', maxItems: 2 },
)
