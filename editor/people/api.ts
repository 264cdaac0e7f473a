import type {
  ForgottenPassword,
  MemberHoldings,
  PasswordLink,
  PasswordReset,
  Preferences,
  PreferencesChange,
  TokenChange,
  TokenView,
} from '../../server/contract/people.ts'
import type {
  ProofRequest,
  RecoveryCodes,
  SecondFactorCode,
  SecondFactorOffer,
  SecondFactorState,
  SignInRuleView,
} from '../../server/contract/proofs.ts'
import type { SignInWays, SsoBegin, SsoBegun } from '../../server/contract/sso.ts'
import { path, request } from '../request.ts'

// One function per route of how people show who they are; the others are in ../api.ts.

type Signal = { readonly signal?: AbortSignal }

export const ways = (options: Signal = {}) => request<SignInWays>('GET', '/session/ways', options)
export const beginSso = (body: SsoBegin) => request<SsoBegun>('POST', '/session/sso', { body })
export const prove = (body: ProofRequest) => request<void>('POST', '/session/proof', { body })
export const unlinkSso = () => request<void>('DELETE', '/me/sso')

export const secondFactor = (options: Signal = {}) => request<SecondFactorState>('GET', '/me/second-factor', options)
export const offerSecondFactor = () => request<SecondFactorOffer>('POST', '/me/second-factor')
export const confirmSecondFactor = (body: SecondFactorCode) =>
  request<RecoveryCodes>('PUT', '/me/second-factor', { body })
export const newRecoveryCodes = () => request<RecoveryCodes>('POST', '/me/second-factor/recovery-codes')
export const removeSecondFactor = () => request<void>('DELETE', '/me/second-factor')

export const sendWeekly = (workspace: string) => request<void>('POST', path`/workspaces/${workspace}/weekly-letter`)

export const forgotPassword = (body: ForgottenPassword) => request<void>('POST', '/password/forgotten', { body })
export const resetPassword = (body: PasswordReset) => request<void>('PUT', '/password', { body })
export const makePasswordLink = (workspace: string, user: string) =>
  request<PasswordLink>('POST', path`/workspaces/${workspace}/members/${user}/password-link`)

export const signInRule = (workspace: string, options: Signal = {}) =>
  request<SignInRuleView>('GET', path`/workspaces/${workspace}/sign-in-rule`, options)
export const changeSignInRule = (workspace: string, body: SignInRuleView) =>
  request<SignInRuleView>('PUT', path`/workspaces/${workspace}/sign-in-rule`, { body })

export const changePreferences = (body: PreferencesChange) => request<Preferences>('PATCH', '/me/preferences', { body })
export const changeToken = (workspace: string, token: string, body: TokenChange) =>
  request<TokenView>('PATCH', path`/workspaces/${workspace}/tokens/${token}`, { body })
/** By the token of the link in a weekly letter. */
export const stopLetter = (token: string) => request<void>('POST', path`/letters/stop/${token}`)
export const holdings = (workspace: string, user: string, options: Signal = {}) =>
  request<MemberHoldings>('GET', path`/workspaces/${workspace}/members/${user}/holdings`, options)
