import { expect, test } from 'vitest'
import { type Field, fieldsOf, read, typedFrom } from '../../../editor/form/schema.ts'
import { ConfirmedRule } from '../../../server/flow/document/policy.ts'
import { catalog } from '../support/catalog.ts'

const xero = fieldsOf(catalog.connectors[0]!.settings)
const field = (name: string): Field => xero.find((one) => one.name === name)!

test('every kind of setting gets its kind of input', () => {
  expect(xero.map((one) => [one.name, one.type])).toEqual([
    ['apiUrl', 'address'],
    ['identityUrl', 'address'],
    ['organisation', 'text'],
    ['tenantId', 'text'],
    ['scopes', 'list'],
    ['tier', 'choice'],
    ['callsPerDay', 'whole'],
    ['sandbox', 'yes-no'],
  ])
  expect(field('tier').choices).toEqual([
    { value: 'standard', label: 'Standard' },
    { value: 'starter', label: 'Starter' },
  ])
})

test('what counts as an order is chosen in words, not by the names of the rule', () => {
  const choices = fieldsOf({ ...ConfirmedRule }).flatMap((one) => one.choices)
  expect(choices.map(({ label }) => label)).toEqual([
    'Once it is paid in full',
    'As soon as it is approved',
    'Some days after it was due, paid or not',
    'Once it is applied to an invoice that counts, or paid back',
    'As soon as it is approved',
    'Never',
  ])
})

test('a union of constants is a choice with the titles it brings', () => {
  const [one] = fieldsOf({
    properties: { mode: { anyOf: [{ const: 'interval' }, { const: 'wall-clock', title: 'At set times' }] } },
  })
  expect(one?.choices).toEqual([
    { value: 'interval', label: 'Interval' },
    { value: 'wall-clock', label: 'At set times' },
  ])
})

test('an untouched form gives the defaults, as values and not as text', () => {
  expect(read(xero, typedFrom(xero, {}))).toEqual({
    ok: true,
    values: {
      apiUrl: 'https://api.xero.com',
      identityUrl: 'https://identity.xero.com',
      scopes: ['accounting.contacts.read'],
      tier: 'standard',
      sandbox: false,
    },
  })
})

test('what is stored comes back unchanged through the form', () => {
  const stored = {
    apiUrl: 'https://a.example',
    identityUrl: 'https://b.example',
    scopes: ['x', 'y'],
    tier: 'starter',
    callsPerDay: 5000,
    sandbox: true,
  }
  expect(read(xero, typedFrom(xero, stored))).toEqual({ ok: true, values: stored })
})

test('a needed field that is empty, and a number that is none, are said by name', () => {
  const secrets = fieldsOf(catalog.connectors[0]!.logins[0]!.secrets)
  expect(read(secrets, { clientId: '  ', clientSecret: 's' })).toEqual({
    ok: false,
    mistakes: { clientId: 'Client id is needed.' },
  })
  expect(read(xero, { ...typedFrom(xero, {}), callsPerDay: 'many', apiUrl: 'xero' })).toEqual({
    ok: false,
    mistakes: {
      apiUrl: 'API address is an address, for example https://api.example.com.',
      callsPerDay: 'Calls a day is a whole number, for example 15.',
    },
  })
})

test('a setting of a shape the form does not know is edited as JSON', () => {
  const fields = fieldsOf({ properties: { map: { type: 'object', title: 'Map' } } })
  expect(fields[0]?.type).toBe('json')
  expect(read(fields, { map: '{"a":1}' })).toEqual({ ok: true, values: { map: { a: 1 } } })
  expect(read(fields, { map: '{a' })).toEqual({ ok: false, mistakes: { map: 'Map is no valid JSON.' } })
})
