import { baseUrl, hostPort } from '../kit/address.ts'
import type { Connector, Limit } from '../kit/connector.ts'
import { countOf, textOf } from '../kit/fields.ts'

/** Calls a minute of one app, over all its organisations. */
const APP_MINUTE = 10_000

/**
 * Xero counts by organisation and app: 5 calls at once, 60 a minute, 5,000 a day (1,000 on the Starter tier), and by app
 * 10,000 a minute. Calls that name no organisation (the list of those a login reaches) are of the app alone.
 */
export const limits: Connector['limits'] = (connection, { credential, request }) => {
  const tenant = request ? request.headers?.['xero-tenant-id'] : textOf(connection.tenantId)
  const perMinute = countOf(connection.callsPerMinute, 60)
  const app = `${hostPort(baseUrl(connection, 'apiUrl'))}/app/${credential}`
  const ofApp: Limit = {
    key: app,
    // A sandbox whose limits were raised has raised this one too.
    perMinute: Math.max(APP_MINUTE, perMinute),
    left: { minute: 'x-appminlimit-remaining' },
    broken: ({ headers }) => headers['x-rate-limit-problem'] === 'appminute',
  }
  if (!tenant) return [ofApp]
  const ofTenant: Limit = {
    key: `${app}/organisation/${tenant}`,
    concurrent: 5,
    perMinute,
    perDay: countOf(connection.callsPerDay, 5000),
    left: { minute: 'x-minlimit-remaining', day: 'x-daylimit-remaining' },
    broken: ({ headers }) => headers['x-rate-limit-problem'] !== 'appminute',
  }
  return [ofTenant, ofApp]
}
