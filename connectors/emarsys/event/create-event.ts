import { createNamed } from '../write/create-named.ts'

export const createEvent = createNamed({
  name: 'create-event',
  title: 'Create an external event',
  summary: 'Makes an external event, for which marketers then set up a mail or a program.',
  synonyms: ['new event', 'trigger'],
  permissions: ['externalevent.create'],
  listPermission: 'externalevent.list',
  doing: 'create an external event',
  path: '/event',
})
