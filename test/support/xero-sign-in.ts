import { expect } from 'vitest'
import type { Scene } from './scene.ts'

const REDIRECT = 'http://127.0.0.1:9/api/v1/oauth/callback'
const soon = () => AbortSignal.timeout(60_000)

/** A connection of the sign-in kind, not signed in yet. */
export async function unsigned({ workspace, xero }: Scene): Promise<string> {
  xero.setAutoApprove(true)
  return workspace.connect(
    'xero',
    'oauth-code',
    // As the sandbox, without limits: many processes would share sixty calls.
    {
      identityUrl: xero.url,
      loginUrl: xero.url,
      apiUrl: xero.url,
      callsPerMinute: 1_000_000,
      callsPerDay: 10_000_000,
    },
    { clientId: xero.clientId, clientSecret: xero.clientSecret },
  )
}

/** What a person does in the browser. Answers the code of the callback. */
export async function consent({ workspace }: Scene, connection: string): Promise<string> {
  const url = await workspace.connections.authorizeUrl(workspace.id, connection, REDIRECT, 'the state')
  const answer = await fetch(url, { redirect: 'manual' })
  const location = new URL(answer.headers.get('location') ?? '')
  expect(location.href.startsWith(REDIRECT)).toBe(true)
  expect(location.searchParams.get('state')).toBe('the state')
  return location.searchParams.get('code')!
}

/** Trades the code of a callback for tokens, and keeps them. */
export const exchange = ({ workspace }: Scene, connection: string, code: string): Promise<void> =>
  workspace.connections.exchangeCode(workspace.id, connection, code, REDIRECT, soon())

export async function signIn(scene: Scene, connection: string): Promise<void> {
  await exchange(scene, connection, await consent(scene, connection))
}
