import { hostPort } from '../kit/address.ts'
import type { Connector } from '../kit/connector.ts'
import { countOf, textOf } from '../kit/fields.ts'
import { apiKey, basic, bearer, HttpSettings, none, oauthClient, test } from './connection.ts'
import { getByKey } from './get-by-key.ts'
import { getRecords } from './get-records.ts'
import { putRequest, sendRequest } from './writes.ts'

export const http: Connector = {
  name: 'http',
  title: 'HTTP request',
  summary: 'Any JSON API: read, look up, send.',
  settings: HttpSettings,
  logins: [none, basic, bearer, apiKey, oauthClient],
  limits: (connection, { credential }) => [
    {
      key: `${hostPort(textOf(connection.baseUrl))}/credential/${credential}`,
      perProcess: 10,
      perMinute: countOf(connection.callsPerMinute, 600),
    },
  ],
  hosts: (connection) => [
    ...new Set(
      [connection.baseUrl, connection.tokenUrl].flatMap((address) =>
        URL.canParse(textOf(address)) ? [hostPort(textOf(address))] : [],
      ),
    ),
  ],
  test,
  operations: [getRecords, getByKey, sendRequest, putRequest],
}
