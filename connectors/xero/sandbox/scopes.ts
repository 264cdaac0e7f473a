/** Resources and the scopes that open them, granular first, the broad one that ends in September 2027 second. */
const SCOPES: { readonly [resource: string]: readonly string[] } = {
  Invoices: ['accounting.invoices', 'accounting.transactions'],
  CreditNotes: ['accounting.invoices', 'accounting.transactions'],
  Payments: ['accounting.payments', 'accounting.transactions'],
  Contacts: ['accounting.contacts'],
  Organisation: ['accounting.settings'],
  Accounts: ['accounting.settings'],
  TaxRates: ['accounting.settings'],
}

/** A write scope reads too; a .read scope does not write. */
export function scopeAllows(scopes: ReadonlySet<string>, resource: string, writes: boolean): boolean {
  return (SCOPES[resource] ?? []).some((scope) => scopes.has(scope) || (!writes && scopes.has(`${scope}.read`)))
}

export const ALL_SCOPES: readonly string[] = [
  'offline_access',
  'openid',
  'profile',
  'email',
  'app.connections',
  ...[
    'accounting.invoices',
    'accounting.payments',
    'accounting.contacts',
    'accounting.settings',
    'accounting.transactions',
  ].flatMap((scope) => [scope, `${scope}.read`]),
]
