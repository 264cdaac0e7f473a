import { baseUrl } from '../../kit/address.ts'
import type { LoginKind } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { revokeToken } from '../../kit/oauth.ts'
import { getConnections, xeroError } from './client.ts'

/**
 * Takes the organisation's connection away (developer.xero.com, “Managing connections”). Revoking the token would end
 * all connections that the person has given the app, those of other clients too: that is done only when none is left.
 */
export const disconnect: NonNullable<LoginKind['revoke']> = async ({ context, bare, secrets, refreshToken }) => {
  const { connection } = context
  try {
    const mine = (await getConnections(context)).find(({ tenantId }) => tenantId === textOf(connection.tenantId))
    if (mine) {
      const url = `${baseUrl(connection, 'apiUrl')}/connections/${encodeURIComponent(mine.id)}`
      const answer = await context.http.send({ method: 'DELETE', url, headers: { accept: 'application/json' } })
      // 404: somebody was faster.
      if (answer.status !== 204 && answer.status !== 404) throw xeroError(answer, 'end the connection', [])
    }
    if ((await getConnections(context)).length > 0) return mine !== undefined
  } catch (error) {
    // The login has ended over there already.
    if (error instanceof StepError && error.code === 'LOGIN_REFUSED') return false
    throw error
  }
  const token = await refreshToken()
  if (token === undefined) return true
  await revokeToken(bare, {
    system: 'Xero',
    url: `${baseUrl(connection, 'identityUrl')}/connect/revocation`,
    clientId: textOf(secrets.clientId),
    clientSecret: textOf(secrets.clientSecret),
    form: { token },
  })
  return true
}
