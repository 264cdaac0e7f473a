import type { Connector } from '../kit/connector.ts'
import { countOf, textOf } from '../kit/fields.ts'
import { hostPort } from '../kit/address.ts'
import { EmarsysSettings, oauthClient, wsse } from './client/connection.ts'
import { campaignResults } from './campaign/campaign-results.ts'
import { checkContacts } from './contact/check-contacts.ts'
import { checkMerged } from './contact/check-merged.ts'
import { countList } from './list/count-list.ts'
import { createContactList } from './list/create-contact-list.ts'
import { createEvent } from './event/create-event.ts'
import { createField } from './field/create-field.ts'
import { deleteContacts } from './contact/delete-contacts.ts'
import { exportContacts } from './contact/export-contacts.ts'
import { exportResponses } from './campaign/export-responses.ts'
import { getContacts } from './contact/get-contacts.ts'
import { contactReference, EMAIL, looksLikeEmail } from './field/keys.ts'
import { listCampaigns } from './campaign/list-campaigns.ts'
import { listChoices } from './field/list-choices.ts'
import { listContactLists } from './list/list-contact-lists.ts'
import { listEvents } from './event/list-events.ts'
import { listFields } from './field/list-fields.ts'
import { addToList, removeFromList } from './list/list-members.ts'
import { listSegments } from './segment/list-segments.ts'
import { mergeContacts } from './contact/merge-contacts.ts'
import { options } from './options.ts'
import { readListMembers } from './list/read-list-members.ts'
import { readSegmentMembers } from './segment/read-segment-members.ts'
import { runSegment } from './segment/run-segment.ts'
import { sendSales } from './sales/send-sales.ts'
import { suppressContacts } from './contact/suppress-contacts.ts'
import { test } from './client/test-connection.ts'
import { triggerEvent } from './event/trigger-event.ts'
import { upsertContacts } from './contact/upsert-contacts.ts'
import { upsertRelational } from './relational/upsert-relational.ts'

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
