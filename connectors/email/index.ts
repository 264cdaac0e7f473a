import type { Connector } from '../kit/connector.ts'
import { EmailSettings, hostsOf, none, password, test } from './connection.ts'
import { notify } from './notify.ts'

export const email: Connector = {
  name: 'email',
  title: 'E-mail',
  summary: 'Notices for people, by mail over a server of your own (SMTP).',
  settings: EmailSettings,
  logins: [password, none],
  // Servers differ and do not say; two at once and one a second is less than any allows.
  limits: (connection, { credential }) => [
    { key: `${hostsOf(connection)[0] ?? ''}/credential/${credential}`, concurrent: 2, perMinute: 60 },
  ],
  hosts: hostsOf,
  test,
  operations: [notify],
}
