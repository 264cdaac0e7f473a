/** The kind under which a dragged operation names itself. */
export const DRAGGED_OPERATION = 'application/x-tieline-operation'
