/** Operations that take in all records of a run before any leaves. */
const ALL: ReadonlySet<string> = new Set(['summarise', 'compare'])

/** Whether a node takes in all that comes to it, and leaves when the last read that feeds it has ended. */
export const gathersAll = (operation: string): boolean => ALL.has(operation)

/** Whether a node needs more than the batch in hand: all records of a run, or all of one of its inputs. */
export const gathers = (operation: string): boolean => gathersAll(operation) || operation === 'join'
