import type { Code, StepError } from '../../../connectors/kit/errors.ts'
import type { SignInFailure } from '../../contract/sign-in-failures.ts'

/** What a sign-in page says instead of giving a code (RFC 6749, section 4.1.2.1); anything else refuses what it was asked. */
const OF_THE_PAGE: { readonly [error: string]: SignInFailure } = {
  access_denied: 'BROKEN_OFF',
  invalid_scope: 'NOT_GRANTED',
  server_error: 'NO_ANSWER',
  temporarily_unavailable: 'NO_ANSWER',
}

export const failureOfPage = (error: string | undefined): SignInFailure =>
  error === undefined
    ? 'UNREADABLE'
    : ((Object.hasOwn(OF_THE_PAGE, error) ? OF_THE_PAGE[error] : undefined) ?? 'REFUSED')

const OF_THE_EXCHANGE: { readonly [code in Code]?: SignInFailure } = {
  TENANT_GONE: 'ANOTHER_ACCOUNT',
  PERMISSION_MISSING: 'NOT_GRANTED',
  LOGIN_REFUSED: 'REFUSED',
  REMOTE_DOWN: 'NO_ANSWER',
  CONNECTION_LOST: 'NO_ANSWER',
  TIMED_OUT: 'NO_ANSWER',
  RATE_LIMITED: 'NO_ANSWER',
  CONFIG_INVALID: 'SETTINGS',
  EGRESS_BLOCKED: 'SETTINGS',
}

export const failureOfExchange = ({ code }: StepError): SignInFailure => OF_THE_EXCHANGE[code] ?? 'UNREADABLE'
