import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { isActive, wholeList } from '../read/whole-list.ts'

const permissions = ['accounting.contacts.read']

/** All of them: Xero does not page this list. */
export const CONTACT_GROUPS = {
  path: '/ContactGroups',
  list: 'ContactGroups',
  doing: 'list contact groups',
  permissions,
} as const

export const listContactGroups = defineRead({
  name: 'list-contact-groups',
  title: 'List contact groups',
  summary: 'Reads the contact groups: id, name, status. Their members: read the contacts.',
  synonyms: ['segments', 'customer groups'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
  incremental: false,
  read: (context, from) => wholeList(context, CONTACT_GROUPS, from, isActive),
})
