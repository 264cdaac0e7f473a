import type { HookView } from '../../server/contract/hooks.ts'

type Kind = HookView['kind']

export const HOOK_KINDS: { readonly [kind in Kind]: string } = {
  signed: 'Signed events (Standard Webhooks)',
  token: 'Events with a token in a header',
  xero: 'Xero’s webhooks',
  bigcommerce: 'BigCommerce’s webhooks',
}

/** How the sender proves that an event is its own, in steps. */
export function howToSend(hook: Pick<HookView, 'kind' | 'header'>): readonly string[] {
  switch (hook.kind) {
    case 'signed':
      return [
        'Send each event as JSON with POST to the address above.',
        'Headers: webhook-id (the same when you send it again), webhook-timestamp (seconds), webhook-signature.',
        'The signature is “v1,” and then, in Base64, the HMAC-SHA256 of id.timestamp.body with the secret. What follows “whsec_” in the secret is its key in Base64.',
      ]
    case 'token':
      return [
        'Send each event as JSON with POST to the address above.',
        `Put the secret into the header ${hook.header ?? 'that the hook trigger names'}, in each call.`,
      ]
    case 'xero':
      return [
        'In Xero’s developer page of your app, enter the address above under Webhooks.',
        'Give the webhook key it shows there to whoever operates Tieline: it is a setting of the installation.',
        'Press “Send intent to receive” in Xero. From then on it sends events.',
      ]
    case 'bigcommerce':
      return [
        'Ask whoever operates Tieline for the secret header of the store: it is derived from a key of the installation.',
        'Make one hook for each scope through BigCommerce’s API, with the address above and the header X-Tieline-Key.',
        'BigCommerce switches a hook off when it fails for two days: keep a schedule beside it.',
      ]
  }
}
