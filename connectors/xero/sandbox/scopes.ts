const BROAD = 'accounting.transactions'
const SETTINGS = ['accounting.settings']

/** Resources and the scopes that open them, granular first, the broad one that ends in September 2027 second. */
const SCOPES: { readonly [resource: string]: readonly string[] } = {
  Invoices: ['accounting.invoices', BROAD],
  CreditNotes: ['accounting.invoices', BROAD],
  Payments: ['accounting.payments', BROAD],
  Prepayments: ['accounting.payments', BROAD],
  Overpayments: ['accounting.payments', BROAD],
  BankTransactions: ['accounting.banktransactions', BROAD],
  ManualJournals: ['accounting.manualjournals', BROAD],
  Contacts: ['accounting.contacts'],
  ContactGroups: ['accounting.contacts'],
  Organisation: SETTINGS,
  Accounts: SETTINGS,
  TaxRates: SETTINGS,
  TrackingCategories: SETTINGS,
  Items: [...SETTINGS, 'accounting.invoices', BROAD],
}

/** Reports are only read, each with a scope of its own. */
const REPORTS: { readonly [report: string]: string } = {
  trialbalance: 'accounting.reports.trialbalance',
  profitandloss: 'accounting.reports.profitandloss',
  agedreceivablesbycontact: 'accounting.reports.aged',
}

/** A write scope reads too; a .read scope does not write. */
export function scopeAllows(
  scopes: ReadonlySet<string>,
  resource: string,
  writes: boolean,
  below: readonly string[] = [],
): boolean {
  if (resource === 'Reports') {
    const own = REPORTS[below[0]?.toLowerCase() ?? '']
    return scopes.has('accounting.reports.read') || (own !== undefined && scopes.has(`${own}.read`))
  }
  return (SCOPES[resource] ?? []).some((scope) => scopes.has(scope) || (!writes && scopes.has(`${scope}.read`)))
}

export const ALL_SCOPES: readonly string[] = [
  'offline_access',
  'openid',
  'profile',
  'email',
  'app.connections',
  'accounting.reports.read',
  ...Object.values(REPORTS).map((scope) => `${scope}.read`),
  ...new Set(Object.values(SCOPES).flatMap((scopes) => scopes.flatMap((scope) => [scope, `${scope}.read`]))),
]
