/** Ids are numbered so that a picture of a page is the same each time. */
export const id = (kind: number, number: number): string =>
  `0198f${kind.toString(16).padStart(3, '0')}-0000-7000-8000-${number.toString(16).padStart(12, '0')}`

export const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
