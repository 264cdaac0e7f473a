/** Why nobody came in by single sign-on, in words; the codes are those of server/api/people/sso-callback.ts. */
const FAILURES: { readonly [code: string]: { readonly title: string; readonly note: string } } = {
  SSO_EXPIRED: { title: 'That took too long, or was used before', note: 'Start once more.' },
  SSO_FAILED: {
    title: 'Single sign-on did not say who you are',
    note: 'Start once more; if it stays so, tell whoever runs it.',
  },
  SSO_CANCELLED: {
    title: 'You broke it off there',
    note: 'Start once more, or come in another way.',
  },
  SSO_EMAIL_UNVERIFIED: {
    title: 'Your address is not confirmed there',
    note: 'Confirm your e-mail address where you signed in, then come again.',
  },
  SSO_NOT_LINKED: {
    title: 'There is an account with your address already',
    note: 'Sign in with its password once, and connect it under “Your account”. Then single sign-on opens it.',
  },
  SSO_NOBODY: { title: 'Nobody has invited this address', note: 'Ask an owner of the workspace for an invitation.' },
  SSO_OTHER_ADDRESS: {
    title: 'That is somebody else',
    note: 'Sign in there with the address of your account here, or the one that was invited.',
  },
  SSO_LINKED_OTHERWISE: {
    title: 'That sign-in belongs to another account',
    note: 'One account here is connected with one there.',
  },
}

export const sayFailure = (code: string) =>
  FAILURES[code] ?? { title: 'Single sign-on did not work', note: 'Start once more.' }
