/**
 * Whether somebody typed a name as they read it: a page shows no blanks at the ends, and several as one, and letters may be
 * put together in more than one way.
 */
export const isSameName = (typed: string, name: string): boolean => asRead(typed) === asRead(name)

const asRead = (name: string): string => name.normalize('NFC').replaceAll(/\s+/g, ' ').trim()
