import { goodFlow, node } from './fixtures.ts'
import { type Flawed, save, withNodes } from './flawed-flow.ts'

// Writes without a key, and slots that name no connection.

export const FLAWED_WRITES: readonly Flawed[] = [
  {
    says: 'a write without a key',
    flow: save({}),
    finds: [{ code: 'WRITE_WITHOUT_KEY', node: 'save', field: 'key' }],
    words: /“Key field” is missing; say by which key/,
  },
  {
    says: 'a write whose key is blank',
    flow: save({ key: ' ' }),
    finds: [{ code: 'WRITE_WITHOUT_KEY', node: 'save', field: 'key' }],
    words: /“Key field” is missing/,
  },
  {
    says: 'a remote node without a slot',
    flow: withNodes(
      [{ ...node('extra', 'ledger.list-people'), slot: undefined }].map(({ slot: _, ...rest }) => rest),
      ['start extra'],
    ),
    finds: [{ code: 'SLOT_MISSING', node: 'extra' }],
    words: /which ledger slot it uses; choose “books”/,
  },
  {
    says: 'a slot that the flow does not have',
    flow: withNodes([{ ...node('extra', 'ledger.list-people'), slot: 'toString' }], ['start extra']),
    finds: [{ code: 'SLOT_UNKNOWN', node: 'extra' }],
    words: /no slot “toString”/,
  },
  {
    says: 'a slot of another connector',
    flow: withNodes([{ ...node('extra', 'ledger.list-people'), slot: 'mail' }], ['start extra']),
    finds: [{ code: 'SLOT_OTHER_CONNECTOR', node: 'extra' }],
    words: /“mail” is for mailer, and “ledger.list-people” needs ledger/,
  },
  {
    says: 'a slot on a node that needs none',
    flow: withNodes([{ ...node('rows', 'map', { expression: '$' }), slot: 'mail' }]),
    finds: [{ code: 'SLOT_NOT_NEEDED', severity: 'warning', node: 'rows' }],
    words: /take the slot “mail” away/,
  },
  {
    says: 'a slot that no node uses',
    flow: { ...goodFlow(), slots: { ...goodFlow().slots, spare: { connector: 'mailer', title: 'Spare' } } },
    finds: [{ code: 'SLOT_UNUSED', severity: 'warning', field: 'slots.spare' }],
    words: /No node uses the slot “spare”/,
  },
  {
    says: 'a slot without a connection, when bindings are given',
    flow: goodFlow(),
    checks: { bindings: { books: 'connection-1' } },
    finds: [{ code: 'SLOT_UNBOUND', node: 'save' }],
    words: /“mail” has no connection; bind a mailer connection/,
  },
]
