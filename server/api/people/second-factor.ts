import { matchingStep } from '../../proof/totp.ts'
import { plainRecoveryCode } from '../../proof/recovery-codes.ts'
import { findSecondFactor, takeRecoveryCode, takeStep } from '../../store/people/second-factors.ts'
import { blindIndex, type Keyring, open } from '../../store/key/secrets.ts'
import type { AppParts } from '../http/parts.ts'

/** Where a sealed secret belongs: moved to another person it does not open. */
export const secretPlace = (user: string): string => `users/${user}/second-factor`

export const recoveryHash = (keys: Keyring, user: string, plain: string): Buffer =>
  blindIndex(keys, '', `recovery code ${user} ${plain}`)

/** Whether it is the person's code of now, or one of their recovery codes. Either works once, whatever happens next. */
export async function takeCode(
  { system, keys }: Pick<AppParts, 'system' | 'keys'>,
  user: string,
  typed: string,
): Promise<'code' | 'recovery-code' | undefined> {
  const factor = await findSecondFactor(system, user)
  if (!factor?.since) return undefined
  const code = typed.replace(/\s/g, '')
  const step = matchingStep(open(keys, secretPlace(user), factor.secret), code, Date.now())
  if (step !== undefined) return (await takeStep(system, user, step)) ? 'code' : undefined
  const plain = plainRecoveryCode(code)
  if (plain === undefined) return undefined
  return (await takeRecoveryCode(system, user, recoveryHash(keys, user, plain))) ? 'recovery-code' : undefined
}

export async function hasSecondFactor({ system }: Pick<AppParts, 'system'>, user: string): Promise<boolean> {
  const factor = await findSecondFactor(system, user)
  return factor !== undefined && factor.since !== null
}
