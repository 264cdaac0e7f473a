// Why an exception cannot be tried again, by the code of the answer. A code that is not here is shown as it stands.
const WHY: { readonly [code: string]: string } = {
  EXCEPTION_NOT_OPEN: 'no longer open: resolved, dismissed or on the way already',
  OUTCOME_UNKNOWN: 'may have arrived: say first whether they did',
  RECORD_NOT_KEPT: 'without a record: it is no longer kept',
  NODE_GONE: 'stopped at a step that the chosen version does not have',
  FLOW_ARCHIVED: 'of a flow that is archived',
}

/** “3 may have arrived: say first whether they did”. */
export const sayLeft = (code: string): string => WHY[code] ?? `because of ${code}`
