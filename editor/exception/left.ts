// Why an exception cannot be tried again now, by the code of the answer. A code that is not here is shown as it stands.
const WHY: { readonly [code: string]: string } = {
  EXCEPTION_CLOSED: 'no longer open: resolved or dismissed',
  EXCEPTION_RETRYING: 'on the way already',
  EXCEPTION_HELD: 'behind an earlier record of the same key, and following it by itself',
  UNKNOWN_FIRST: 'in doubt: say first whether it arrived',
  NODE_GONE: 'set aside at a step that the live version does not have: choose the version each of them had',
  RERUN_INSTEAD: 'in need of all records of its run: run that run again instead',
  FLOW_ARCHIVED: 'of an archived flow',
}

/** “3 in doubt: say first whether it arrived”. */
export const sayLeft = (code: string): string => WHY[code] ?? `because of ${code}`
