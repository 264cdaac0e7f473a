import type { Finding } from './connector.ts'
import type { Code, StepError } from './errors.ts'

/** What it means, and what to do, where all that an error has to say is the other system's own words. */
const PLAIN: { readonly [code in Code]?: string } = {
  LOGIN_REFUSED:
    'The other system does not accept this login: it has ended, was withdrawn there, or was entered wrongly. Sign in again, or enter the keys anew.',
  RATE_LIMITED: 'The other system takes no more calls for now: its limit is used up. Test again later.',
  REMOTE_DOWN:
    'The other system has a fault of its own at the moment. Test again later; here nothing has to be changed.',
  REPLY_UNREADABLE:
    'What answers is not the system that this connection is for, or something stands before it. Look at the addresses in its settings.',
  CONFIG_INVALID: 'The other system does not understand what this connection asks it. Look at its settings.',
}

/** What a try came to that failed. */
export function failedFinding(title: string, { code, message, remote }: StepError): Finding {
  const plain = remote === undefined ? undefined : PLAIN[code]
  return {
    ...{ title, ok: false, detail: plain ?? message },
    ...(plain === undefined ? {} : { said: message }),
    ...(code === 'LOGIN_REFUSED' || code === 'TENANT_GONE' ? { refused: true } : {}),
  }
}
