import type { Finding } from './connector.ts'
import type { StepError } from './errors.ts'

/** What a try came to that failed. */
export const failedFinding = (title: string, { code, message }: StepError): Finding => ({
  ...{ title, ok: false, detail: message },
  ...(code === 'LOGIN_REFUSED' || code === 'TENANT_GONE' ? { refused: true } : {}),
})
