import { Type } from 'typebox'

/** What the server says of a refusal: it may hold the words of a remote. */
export const REFUSAL = Type.Object({ title: Type.String(), detail: Type.String() })
