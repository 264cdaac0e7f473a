/** Why nobody came in by single sign-on, in words; the codes are `SsoFailure` of server/api/people/sso-callback.ts. */
const FAILURES: { readonly [code: string]: { readonly title: string; readonly note: string } } = {
  SSO_EXPIRED: { title: 'That took too long, or was used before', note: 'Start once more.' },
  SSO_FAILED: {
    title: 'The answer of single sign-on was not in order',
    note: 'Nobody was signed in. Start once more; if it stays so, tell whoever runs Tieline: the log says what was wrong.',
  },
  SSO_UNREACHABLE: {
    title: 'The place of single sign-on cannot be reached',
    note: 'It is not you. Try again in a few minutes; if it stays so, tell whoever runs it.',
  },
  SSO_CLOCK: {
    title: 'Two clocks differ too much',
    note: 'That of the place of single sign-on and that of Tieline are more than half a minute apart. It is not yours; tell whoever runs them.',
  },
  SSO_SETTINGS: {
    title: 'The place of single sign-on does not take Tieline',
    note: 'What Tieline signs in with there is wrong or has run out. Tell whoever runs Tieline; trying again does not help.',
  },
  SSO_NOT_ASKED: {
    title: 'You were not asked there once more',
    note: 'This needs a sign-in of the last minutes. Sign out there, then start once more.',
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
