import { type Static, Type } from 'typebox'
import { Nullable, strict, Timestamp } from './shared.ts'

// How somebody shows who they are, beyond e-mail and password.

/** Six digits of the authenticator app, or a recovery code; blanks and hyphens do not matter. */
export const Code = Type.String({ minLength: 6, maxLength: 40 })

/** `GET /me/second-factor` */
export const SecondFactorState = Type.Object(
  {
    since: Nullable(Timestamp),
    recoveryCodes: Type.Integer({ description: 'How many are left. Each works once.' }),
  },
  strict,
)
export type SecondFactorState = Static<typeof SecondFactorState>

/** `POST /me/second-factor`: shown this once. */
export const SecondFactorOffer = Type.Object(
  {
    secret: Type.String({ description: 'Base 32, to be typed by hand.' }),
    address: Type.String({ description: 'What the picture says: `otpauth://totp/…`.' }),
    qr: Type.Object(
      {
        size: Type.Integer({ description: 'Width and height in modules, quiet zone included.' }),
        path: Type.String({ description: 'The `d` of one SVG path.' }),
      },
      strict,
    ),
  },
  strict,
)
export type SecondFactorOffer = Static<typeof SecondFactorOffer>

/** `PUT /me/second-factor` */
export const SecondFactorCode = Type.Object({ code: Code }, strict)
export type SecondFactorCode = Static<typeof SecondFactorCode>

export const RecoveryCodes = Type.Object({ codes: Type.Array(Type.String()) }, strict)
export type RecoveryCodes = Static<typeof RecoveryCodes>

/** `POST /session/proof`: `code` where there is a second factor, else `password`. */
export const ProofRequest = Type.Object(
  { password: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })), code: Type.Optional(Code) },
  strict,
)
export type ProofRequest = Static<typeof ProofRequest>

/** `GET …/sign-in-rule`: what the workspace asks of everybody who comes in, by whatever way. */
export const SignInRuleView = Type.Object(
  {
    sso: Type.Boolean({ description: 'Only people who came by single sign-on, and tokens made by them.' }),
    secondFactor: Type.Boolean({ description: 'Only people who have given a code of their authenticator app.' }),
  },
  strict,
)
export type SignInRuleView = Static<typeof SignInRuleView>
