/**
 * Why a sign-in at another system led to nothing. One of these goes along on the way back, never words: anybody can make
 * an address of ours and put words into it.
 */
export const SIGN_IN_FAILURES = [
  'BROKEN_OFF',
  'ANOTHER_PAGE',
  'ANOTHER_ACCOUNT',
  'NOT_GRANTED',
  'REFUSED',
  'NO_ANSWER',
  'SETTINGS',
  'UNREADABLE',
] as const
export type SignInFailure = (typeof SIGN_IN_FAILURES)[number]
