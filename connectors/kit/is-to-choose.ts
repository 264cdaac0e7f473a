import type { Connector } from './connector.ts'

/** Whether a sign-in may be to any of several accounts, and nothing says yet which. */
export const isToChoose = (
  connector: Pick<Connector, 'accounts'> | undefined,
  connection: { readonly settings: { readonly [field: string]: unknown }; readonly pinned: object },
): boolean =>
  connector?.accounts !== undefined &&
  Object.keys(connection.pinned).length === 0 &&
  !connection.settings[connector.accounts.setting]
