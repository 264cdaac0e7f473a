import type { Connector } from '../kit/connector.ts'
import { countOf, textOf } from '../kit/fields.ts'
import { hostPort } from '../kit/address.ts'
import { EmarsysSettings, oauthClient, test, wsse } from './connection.ts'
import { countList } from './count-list.ts'
import { createContactList } from './create-contact-list.ts'
import { createEvent } from './create-event.ts'
import { createField } from './create-field.ts'
import { getContacts } from './get-contacts.ts'
import { listCampaigns } from './list-campaigns.ts'
import { listChoices } from './list-choices.ts'
import { listContactLists } from './list-contact-lists.ts'
import { listEvents } from './list-events.ts'
import { listFields } from './list-fields.ts'
import { addToList, removeFromList } from './list-members.ts'
import { listSegments } from './list-segments.ts'
import { readListMembers } from './read-list-members.ts'
import { sendSales } from './send-sales.ts'
import { triggerEvent } from './trigger-event.ts'
import { upsertContacts } from './upsert-contacts.ts'

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
  operations: [
    upsertContacts,
    getContacts,
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
    listEvents,
    createEvent,
    triggerEvent,
    sendSales,
    listCampaigns,
  ],
}
