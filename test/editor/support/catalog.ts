import type { CatalogAnswer } from '../../../server/contract/catalog.ts'
import type { OperationInfo } from '../../../server/flow/catalog/catalog.ts'
import { NATIVE_OPERATIONS } from '../../../server/flow/catalog/native.ts'

const operation = (
  info: Pick<OperationInfo, 'id' | 'kind' | 'title' | 'summary'> & Partial<OperationInfo>,
): OperationInfo => ({
  synonyms: [],
  settings: { type: 'object', properties: {} },
  inputs: ['in'],
  ports: info.kind === 'read' ? ['out', 'rejected', 'done'] : ['out', 'rejected'],
  permissions: [],
  moneyFields: [],
  rules: [],
  ...info,
})

const secret = (title: string) => ({ type: 'string', title, minLength: 1 })

/** A catalog with every kind of field a connector's form can have. */
export const catalog: CatalogAnswer = {
  operations: [
    ...NATIVE_OPERATIONS,
    operation({
      id: 'xero.list-invoices',
      kind: 'read',
      connector: 'xero',
      title: 'Read invoices',
      summary: 'Reads invoices that changed since the last run.',
      single: 'invoice number or id',
    }),
    operation({
      id: 'emarsys.upsert-contacts',
      kind: 'write',
      connector: 'emarsys',
      title: 'Write contacts',
      summary: 'Creates contacts or changes their fields.',
      effect: 'upsert',
    }),
    operation({
      id: 'emarsys.sales-data',
      kind: 'write',
      connector: 'emarsys',
      title: 'Send sales data',
      summary: 'Sends purchases, one row per line.',
      effect: 'unsafe',
    }),
  ],
  connectors: [
    {
      name: 'xero',
      title: 'Xero',
      summary: 'Accounting: invoices, contacts, credit notes.',
      settings: {
        type: 'object',
        required: ['apiUrl', 'identityUrl'],
        properties: {
          apiUrl: { type: 'string', format: 'uri', title: 'API address', default: 'https://api.xero.com' },
          identityUrl: {
            type: 'string',
            format: 'uri',
            title: 'Sign-in address',
            default: 'https://identity.xero.com',
          },
          organisation: { type: 'string', title: 'Organisation' },
          tenantId: { type: 'string', title: 'Id of the organisation (tenant id)' },
          scopes: { type: 'array', items: { type: 'string' }, title: 'Scopes', default: ['accounting.contacts.read'] },
          tier: { type: 'string', enum: ['standard', 'starter'], title: 'Plan', default: 'standard' },
          callsPerDay: { type: 'integer', title: 'Calls a day', description: 'Of the organisation, for all its apps.' },
          sandbox: { type: 'boolean', title: 'Demo company', default: false },
        },
      },
      logins: [
        {
          name: 'custom-connection',
          title: 'Custom connection',
          secrets: {
            type: 'object',
            required: ['clientId', 'clientSecret'],
            properties: { clientId: secret('Client id'), clientSecret: secret('Client secret') },
          },
          browser: false,
        },
        { name: 'oauth', title: 'Sign in with Xero', secrets: { type: 'object', properties: {} }, browser: true },
      ],
      options: [],
    },
    {
      name: 'emarsys',
      title: 'Emarsys',
      summary: 'Marketing: contacts, lists, events, sales data.',
      settings: {
        type: 'object',
        required: ['merchantId'],
        properties: {
          merchantId: { type: 'string', title: 'Merchant id', pattern: '^[0-9A-F]{16}$' },
          apiUrl: { type: 'string', format: 'uri', title: 'API address', default: 'https://api.emarsys.net' },
        },
      },
      logins: [
        {
          name: 'oauth',
          title: 'API credentials (OAuth 2)',
          secrets: {
            type: 'object',
            required: ['clientId', 'clientSecret'],
            properties: { clientId: secret('Client id'), clientSecret: secret('Client secret') },
          },
          browser: false,
        },
        {
          name: 'wsse',
          title: 'WSSE user',
          notice: 'Emarsys ends WSSE in 2026. Move to OAuth 2 before then.',
          secrets: {
            type: 'object',
            required: ['user', 'secret'],
            properties: { user: secret('User'), secret: secret('Secret') },
          },
          browser: false,
        },
      ],
      options: [],
    },
  ],
}
