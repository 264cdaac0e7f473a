import { type Static, Type } from 'typebox'
import { strict } from './shared.ts'

/** `GET /session/ways`: how people can come in here. */
export const SignInWays = Type.Object(
  {
    sso: Type.Union([Type.String({ description: 'Name of the place people sign in at.' }), Type.Null()]),
    mail: Type.Boolean({ description: 'A forgotten password is set anew by a link in an e-mail.' }),
  },
  strict,
)
export type SignInWays = Static<typeof SignInWays>

/** `POST /session/sso` */
export const SsoBegin = Type.Object(
  {
    purpose: Type.Enum(['sign-in', 'join', 'link', 'prove'], {
      description:
        'sign-in: come in. join: accept an invitation. link: let the signed-in person come in this way from now on. prove: show once more that it is you.',
    }),
    to: Type.Optional(Type.String({ maxLength: 500, description: 'Page of the web app to go on with: a path.' })),
    invitation: Type.Optional(Type.String({ minLength: 20, maxLength: 100, description: 'With join: its secret.' })),
  },
  strict,
)
export type SsoBegin = Static<typeof SsoBegin>

/** Where the browser goes next. */
export const SsoBegun = Type.Object({ url: Type.String() }, strict)
export type SsoBegun = Static<typeof SsoBegun>

/** What the place sends along; it may say more than these. */
export const SsoCallbackQuery = Type.Object({ state: Type.String({ minLength: 20, maxLength: 200 }) })
