import type { Config } from '../../config.ts'
import type { SharedKind } from '../../store/hook/hooks.ts'

type Keys = Partial<Pick<Config, 'xeroWebhookKey' | 'bigcommerceWebhookKey'>>

/** Systems whose events come in at one address for all workspaces, proven by a key of the installation. */
export const SHARED_HOOKS: {
  readonly [kind in SharedKind]: { readonly key: keyof Keys; readonly noKey: string; readonly noSecret: string }
} = {
  xero: {
    key: 'xeroWebhookKey',
    noKey: 'The installation has no key for Xero’s webhooks yet: set XERO_WEBHOOK_KEY.',
    noSecret: 'Xero signs with the key of its app: set XERO_WEBHOOK_KEY.',
  },
  bigcommerce: {
    key: 'bigcommerceWebhookKey',
    noKey: 'The installation has no key for BigCommerce’s webhooks yet: set BIGCOMMERCE_WEBHOOK_KEY.',
    noSecret: 'The header of a store is derived from the key of the installation: set BIGCOMMERCE_WEBHOOK_KEY.',
  },
}

export const isShared = (name: string | undefined): name is SharedKind =>
  name !== undefined && Object.hasOwn(SHARED_HOOKS, name)

export const keyOf = (config: Keys, kind: SharedKind): string | undefined => config[SHARED_HOOKS[kind].key]
