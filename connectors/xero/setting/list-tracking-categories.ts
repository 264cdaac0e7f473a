import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { wholeList } from '../read/whole-list.ts'

const permissions = ['accounting.settings.read']

/** All of them: Xero does not page this list. */
export const TRACKING_CATEGORIES = {
  path: '/TrackingCategories',
  list: 'TrackingCategories',
  doing: 'list tracking categories',
  permissions,
} as const

export const listTrackingCategories = defineRead({
  name: 'list-tracking-categories',
  title: 'List tracking categories',
  summary: 'Reads the tracking categories with their options.',
  synonyms: ['cost centres', 'departments', 'regions'],
  settings: Type.Object(
    {
      archived: Type.Boolean({ title: 'Archived ones too', default: false }),
    },
    { additionalProperties: false },
  ),
  permissions,
  incremental: false,
  read: (context, from) =>
    wholeList(
      context,
      {
        ...TRACKING_CATEGORIES,
        query: { includeArchived: context.settings.archived || undefined },
      },
      from,
    ),
})
