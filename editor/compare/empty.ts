import { FLOW_FORMAT, type Flow } from '../../server/flow/document/flow.ts'

/** What the first version is compared with. */
export const EMPTY_FLOW: Flow = {
  format: FLOW_FORMAT,
  name: 'New flow',
  description: '',
  capture: 'full',
  slots: {},
  nodes: [],
  edges: [],
}
