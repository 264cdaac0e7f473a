import type { Books } from './model.ts'
import { roundDivide } from './money.ts'
import { ID_KIND, uuidOf } from './random.ts'
import { ACCOUNTS, accountId, BASE_CURRENCY, ITEMS, TAX_RATES, takesPayments } from './settings.ts'
import type { Wire } from './wire.ts'

export const ORGANISATION_NAME = 'Sandbox Trading Ltd'

/** Organisation timestamps and those of accounts have no +0000, unlike the documents'. */
const CREATED = '/Date(1668988800000)/'

export function organisationWire(tenantId: string, locks: Wire): Wire {
  return {
    Name: ORGANISATION_NAME,
    LegalName: ORGANISATION_NAME,
    PaysTax: true,
    Version: 'UK',
    OrganisationType: 'COMPANY',
    BaseCurrency: BASE_CURRENCY,
    CountryCode: 'GB',
    IsDemoCompany: true,
    OrganisationStatus: 'ACTIVE',
    FinancialYearEndDay: 31,
    FinancialYearEndMonth: 3,
    SalesTaxBasis: 'ACCRUALS',
    SalesTaxPeriod: 'QUARTERLY',
    DefaultSalesTax: 'Tax Exclusive',
    DefaultPurchasesTax: 'Tax Exclusive',
    ...locks,
    CreatedDateUTC: CREATED,
    OrganisationEntityType: 'COMPANY',
    Timezone: 'GMTSTANDARDTIME',
    ShortCode: '!sndbx',
    OrganisationID: tenantId,
    Edition: 'BUSINESS',
    Class: 'DEMO',
    Addresses: [],
    Phones: [],
    ExternalLinks: [],
    PaymentTerms: {},
  }
}

export function accountWires({ seed, archivedAccounts }: Books): Wire[] {
  return ACCOUNTS.map((account) => ({
    AccountID: accountId(seed, account.code),
    Code: account.code,
    Name: account.name,
    Status: archivedAccounts.has(account.code) ? 'ARCHIVED' : 'ACTIVE',
    Type: account.type,
    TaxType: account.tax,
    Class: account.class,
    ...(account.system ? { SystemAccount: account.system } : {}),
    EnablePaymentsToAccount: takesPayments(account) && account.type !== 'BANK',
    ShowInExpenseClaims: false,
    ...(account.type === 'BANK'
      ? { BankAccountNumber: account.bankNumber ?? '', BankAccountType: 'BANK', CurrencyCode: BASE_CURRENCY }
      : {}),
    ReportingCode: account.class.slice(0, 3),
    HasAttachments: false,
    UpdatedDateUTC: CREATED,
    AddToWatchlist: false,
  }))
}

export function taxRateWires(): Wire[] {
  return TAX_RATES.map((rate) => ({
    Name: rate.name,
    TaxType: rate.type,
    ReportTaxType: rate.reportType,
    CanApplyToAssets: rate.for !== 'sales',
    CanApplyToEquity: rate.for !== 'sales',
    CanApplyToExpenses: rate.for !== 'sales',
    CanApplyToLiabilities: rate.for !== 'sales',
    CanApplyToRevenue: rate.for !== 'purchases',
    DisplayTaxRate: rate.rate / 100,
    EffectiveRate: rate.rate / 100,
    Status: 'ACTIVE',
    TaxComponents: [{ Name: 'VAT', Rate: rate.rate / 100, IsCompound: false, IsNonRecoverable: false }],
  }))
}

/** UpdatedDateUTC of items has no +0000. */
export function itemWires(seed: number, unitDigits: 2 | 4): Wire[] {
  const price = (unit: number) => (unitDigits === 4 ? unit / 10_000 : roundDivide(unit, 100) / 100)
  return ITEMS.map((item, at) => ({
    ItemID: uuidOf(seed, ID_KIND.item, at + 1),
    Code: item.code,
    Name: item.name,
    Description: item.name,
    PurchaseDescription: item.cost === '' ? '' : item.name,
    UpdatedDateUTC: CREATED,
    PurchaseDetails:
      item.cost === '' ? {} : { UnitPrice: price(item.purchase), COGSAccountCode: item.cost, TaxType: 'INPUT2' },
    SalesDetails: { UnitPrice: price(item.sale), AccountCode: item.account, TaxType: 'OUTPUT2' },
    IsTrackedAsInventory: false,
    IsSold: true,
    IsPurchased: item.cost !== '',
  }))
}
