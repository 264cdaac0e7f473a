import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { permissions as dataPermissions } from '../contact/contact-data.ts'
import { FieldsToGet, SegmentId } from '../field/keys.ts'
import { membersFrom, memberPermissions } from '../list/read-list-members.ts'
import { runOf } from './run-segment.ts'
import { contactFlaw } from '../read/shapes.ts'

/** Evaluates the segment, then reads the contact list that the run leaves. */
export const readSegmentMembers = defineRead({
  name: 'segment-members',
  title: 'Read the members of a segment',
  summary: 'One record per contact in a segment, with its number and the fields you choose.',
  synonyms: ['audience', 'who is in a segment', 'filter'],
  settings: Type.Object({ segmentId: SegmentId, fields: FieldsToGet }, { additionalProperties: false }),
  permissions: ['segment.run', ...memberPermissions, ...dataPermissions],
  incremental: false,
  flaw: contactFlaw,
  async *read(context, from) {
    if (from?.done === true) return
    const { segmentId, fields } = context.settings
    let list = textOf(from?.list)
    let cursor = from
    if (list === '') {
      list = textOf((yield* runOf(context, segmentId, from)).contact_list_id)
      cursor = { list }
      yield { records: [], cursor }
    }
    for await (const page of membersFrom(context, list, fields, cursor)) {
      yield { ...page, cursor: { ...page.cursor, list } }
    }
  },
})
