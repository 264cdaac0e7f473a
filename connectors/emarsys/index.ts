import type { Connector } from '../kit/connector.ts'
import { countOf, textOf } from '../kit/fields.ts'
import { hostPort } from '../kit/address.ts'
import { EmarsysSettings, oauthClient, wsse } from './connection.ts'
import { campaignResults } from './campaign-results.ts'
import { checkContacts } from './check-contacts.ts'
import { checkMerged } from './check-merged.ts'
import { countList } from './count-list.ts'
import { createContactList } from './create-contact-list.ts'
import { createEvent } from './create-event.ts'
import { createField } from './create-field.ts'
import { deleteContacts } from './delete-contacts.ts'
import { exportContacts } from './export-contacts.ts'
import { exportResponses } from './export-responses.ts'
import { getContacts } from './get-contacts.ts'
import { contactReference, EMAIL, looksLikeEmail } from './keys.ts'
import { listCampaigns } from './list-campaigns.ts'
import { listChoices } from './list-choices.ts'
import { listContactLists } from './list-contact-lists.ts'
import { listEvents } from './list-events.ts'
import { listFields } from './list-fields.ts'
import { addToList, removeFromList } from './list-members.ts'
import { listSegments } from './list-segments.ts'
import { mergeContacts } from './merge-contacts.ts'
import { options } from './options.ts'
import { readListMembers } from './read-list-members.ts'
import { readSegmentMembers } from './read-segment-members.ts'
import { runSegment } from './run-segment.ts'
import { sendSales } from './send-sales.ts'
import { suppressContacts } from './suppress-contacts.ts'
import { test } from './test-connection.ts'
import { triggerEvent } from './trigger-event.ts'
import { upsertContacts } from './upsert-contacts.ts'
import { upsertRelational } from './upsert-relational.ts'

export const emarsys: Connector = {
  name: 'emarsys',
  title: 'Emarsys',
  summary: 'Marketing: contacts, lists, events, sales data.',
  settings: EmarsysSettings,
  logins: [oauthClient, wsse],
  // Per credential; soft, and lower under load. Its headers correct the book.
  limits: (connection, { credential }) => [
    {
      key: `${hostPort(textOf(connection.apiUrl))}/credential/${credential}`,
      perProcess: 10,
      perMinute: countOf(connection.callsPerMinute, 1000),
      left: { minute: 'x-ratelimit-remaining' },
    },
  ],
  hosts: (connection) => [
    ...new Set(['apiUrl', 'tokenUrl', 'salesUrl'].map((name) => hostPort(textOf(connection[name])))),
  ],
  test,
  options,
  people: {
    reference: (field, value) =>
      field === EMAIL && !looksLikeEmail(value.trim()) ? undefined : contactReference(field, value),
  },
  operations: [
    upsertContacts,
    getContacts,
    checkContacts,
    checkMerged,
    mergeContacts,
    deleteContacts,
    suppressContacts,
    listFields,
    createField,
    listChoices,
    listContactLists,
    createContactList,
    addToList,
    removeFromList,
    readListMembers,
    countList,
    listSegments,
    runSegment,
    readSegmentMembers,
    listEvents,
    createEvent,
    triggerEvent,
    sendSales,
    upsertRelational,
    listCampaigns,
    campaignResults,
    exportContacts,
    exportResponses,
  ],
}
