import { expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { checkConnection } from '../../server/api/connection/connection-forms.ts'

const connector = connectors.find(({ name }) => name === 'http')!
const login = connector.logins.find(({ name }) => name === 'none')!
const save = (settings: { baseUrl: string; tokenUrl?: string }) => checkConnection({ connector, login }, settings, {})

test.each(['file:///etc/passwd', 'unix:/run/docker.sock', 'data:,x', 'gopher://a.example/', 'ws://a.example/'])(
  'the address %s is refused when it is saved, in any field for an address',
  (address) => {
    expect(() => save({ baseUrl: address })).toThrow('settings.baseUrl must begin with https://')
    expect(() => save({ baseUrl: 'https://a.example', tokenUrl: address })).toThrow('settings.tokenUrl must begin')
  },
)

test('so is one that carries a login, which would be stored in the open and shown', () => {
  const error = (() => {
    try {
      save({ baseUrl: 'https://ada:the-password@a.example' })
    } catch (thrown) {
      return String(thrown)
    }
  })()
  expect(error).toContain('settings.baseUrl must not carry a user name')
  expect(error).not.toContain('the-password')
  expect(save({ baseUrl: 'https://a.example/v1' }).settings).toMatchObject({ baseUrl: 'https://a.example/v1' })
})
