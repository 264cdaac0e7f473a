import type { ConnectionView } from '../../server/contract/connections.ts'
import type { SignInFailure } from '../../server/contract/sign-in-failures.ts'
import { Banner } from '../parts/Banner.tsx'

/** Back from the sign-in page of another system, without a sign-in: why, and what may help. */
export function SignInRefused(props: {
  failure: SignInFailure
  connection: Pick<ConnectionView, 'settings' | 'signedIn'>
  system: string
}) {
  const { connection, system } = props
  const { organisation } = connection.settings
  const whose = typeof organisation === 'string' && organisation !== '' ? `“${organisation}”` : undefined
  const { title, note } = WORDS[props.failure](system, whose)
  return (
    <Banner tone="failed" title={title} live>
      <p>
        {note} {connection.signedIn ? 'The sign-in from before was not touched.' : 'Nothing was kept.'}
      </p>
    </Banner>
  )
}

type Words = { readonly title: string; readonly note: string }

const WORDS: { readonly [failure in SignInFailure]: (system: string, whose: string | undefined) => Words } = {
  BROKEN_OFF: (system) => ({
    title: `You were not signed in at ${system}`,
    note: 'Access was refused there, or the sign-in was broken off. Start it once more.',
  }),
  ANOTHER_PAGE: (system) => ({
    title: `It was not ${system} that answered`,
    note: 'Another sign-in page answered than the one that was opened; nothing of its answer was used. Start the sign-in again, and look at the address of the page.',
  }),
  ANOTHER_ACCOUNT: (system, whose) => ({
    title: whose ? `That sign-in does not lead to ${whose}` : `That sign-in leads to no account of ${system}`,
    note: whose
      ? `The connection is for ${whose} and stays with it. Sign in once more and choose ${whose} at ${system}; for another account make a new connection.`
      : `Sign in once more, and choose at ${system} whom the connection is for.`,
  }),
  NOT_GRANTED: (system) => ({
    title: `${system} does not grant what was asked for`,
    note: `Look at the scopes of the connection, and at what its app may ask for at ${system}. Then sign in once more.`,
  }),
  REFUSED: (system) => ({
    title: `${system} did not take the sign-in`,
    note: `Its app id, its secret or its redirect address may be wrong, too much time has passed, or somebody else signed the connection in at the same moment. Look at its keys, then sign in once more.`,
  }),
  NO_ANSWER: (system) => ({
    title: `${system} does not answer at the moment`,
    note: 'It is not you: it is out of reach, too slow, or has trouble of its own. Sign in once more in a few minutes.',
  }),
  SETTINGS: (system) => ({
    title: `The sign-in at ${system} does not fit the settings of the connection`,
    note: 'Look at its addresses and keys. They may name a place that cannot be called, or the connection was changed meanwhile.',
  }),
  UNREADABLE: (system) => ({
    title: `What ${system} answered made no sense`,
    note: 'Sign in once more. If it stays so, look at the addresses in the settings of the connection.',
  }),
}
