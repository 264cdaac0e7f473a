import type { Connector } from '../kit/connector.ts'
import { ChatSettings, hostsOf, test, webhook } from './connection.ts'
import { notify } from './notify.ts'

export const chat: Connector = {
  name: 'chat',
  title: 'Slack, Teams, webhook',
  summary: 'Notices for people, into a channel.',
  settings: ChatSettings,
  logins: [webhook],
  // Slack takes one a second for each webhook; nobody else names a lower limit.
  limits: (connection, { credential }) => [
    { key: `${hostsOf(connection)[0] ?? ''}/credential/${credential}`, concurrent: 1, perMinute: 60 },
  ],
  hosts: hostsOf,
  test,
  operations: [notify],
}
