import { randomUUID } from 'node:crypto'
import { malformed, Refused } from './answers.ts'
import { type Prepared, ZERO_ID } from './batch.ts'
import { organisationDay } from './clock.ts'
import { dayField, field, listField, textField } from './input.ts'
import { lockProblems } from './locks.ts'
import type { JournalLine, ManualJournal } from './model.ts'
import { type AmountTypes, fromCents, lineTaxOf, toCents } from './money.ts'
import { accountOf, taxRateOf } from './settings.ts'
import { readTracking } from './tracking.ts'
import type { Wire } from './wire.ts'
import { journalWire } from './wire-journals.ts'
import type { World } from './world.ts'

const STATUSES = ['DRAFT', 'POSTED', 'DELETED', 'VOIDED', 'ARCHIVED']

/** Creates or changes a manual journal. One that is posted can only be voided. */
export function prepareJournal(world: World, element: Wire, method: string, existing?: ManualJournal): Prepared {
  const { books } = world
  const id = textField(element, 'ManualJournalID')?.toLowerCase()
  const target = existing ?? (method === 'POST' && id ? books.journals.get(id) : undefined)
  const status = textField(element, 'Status') || target?.status || 'DRAFT'
  if (!STATUSES.includes(status)) throw new Refused(malformed(`The value '${status}' is not valid for Status.`))
  const errors: string[] = []
  const warnings: string[] = []
  if (target && target.status !== 'DRAFT' && status !== 'VOIDED') {
    errors.push('Manual journal not of valid status for modification')
  }
  if (!target && !['DRAFT', 'POSTED'].includes(status)) errors.push('Manual journal not of valid status for creation')
  const narration = textField(element, 'Narration') ?? target?.narration ?? ''
  if (narration.trim() === '') errors.push('Narration must be specified.')
  const date = dayField(element, 'Date') ?? target?.date ?? organisationDay(world.clock.now())
  errors.push(...lockProblems(books, date))
  const amountTypes = (textField(element, 'LineAmountTypes') || target?.amountTypes || 'NoTax') as AmountTypes
  if (!['NoTax', 'Exclusive', 'Inclusive'].includes(amountTypes)) {
    throw new Refused(malformed(`The value '${amountTypes}' is not valid for LineAmountTypes.`))
  }
  const given = listField(element, 'JournalLines')
  const lines = given ? readLines(world, given, amountTypes, errors, warnings) : (target?.lines ?? [])
  if (lines.length < 2) errors.push('A manual journal must have at least two lines.')
  errors.push(...balanceProblems(lines, amountTypes))
  return {
    errors: [...new Set(errors)],
    ...(warnings.length > 0 ? { warnings } : {}),
    echo: { ManualJournalID: target?.id ?? ZERO_ID },
    commit: () => {
      const journal: ManualJournal = target ?? {
        id: randomUUID(),
        updated: world.clock.now(),
        narration,
        date,
        status: 'DRAFT',
        amountTypes,
        url: '',
        cashBasis: true,
        lines,
      }
      Object.assign(journal, {
        narration,
        date,
        // Checked above; ARCHIVED is refused for creation and change alike.
        status,
        amountTypes,
        lines,
        url: textField(element, 'Url') ?? journal.url,
        cashBasis: field(element, 'ShowOnCashBasisReports') !== false,
      })
      if (target) books.journals.touch(journal, world.clock.now())
      else books.journals.insert(journal)
      return { id: journal.id, wire: journalWire(books, journal, true) }
    },
  }
}

function readLines(
  world: World,
  given: readonly Wire[],
  amountTypes: AmountTypes,
  errors: string[],
  warnings: string[],
): JournalLine[] {
  const { books } = world
  return given.flatMap((one): JournalLine[] => {
    const amount = toCents(field(one, 'LineAmount'))
    if (amount === undefined) throw new Refused(malformed('LineAmount of a journal line is no number.'))
    const code = textField(one, 'AccountCode') ?? ''
    const account = accountOf(code)
    if (!account) {
      // Xero drops the line and only warns.
      warnings.push(`Account code '${code}' has been removed as it does not match a recognised account.`)
      return []
    }
    if (books.archivedAccounts.has(code)) errors.push(`Account code '${code}' has been archived.`)
    if (account.system || account.type === 'BANK') {
      errors.push(`Account code '${code}' is not a valid code for this document.`)
    }
    const taxType = textField(one, 'TaxType') || 'NONE'
    const rate = taxRateOf(taxType)
    if (!rate) errors.push(`The TaxType code '${taxType}' cannot be used with account code '${code}'.`)
    return [
      {
        amount,
        tax: lineTaxOf(amountTypes, amount, rate?.rate ?? 0),
        account: code,
        taxType,
        description: textField(one, 'Description') ?? '',
        tracking: readTracking(books, one, errors) ?? [],
      },
    ]
  })
}

function balanceProblems(lines: readonly JournalLine[], amountTypes: AmountTypes): string[] {
  const grossOf = ({ amount, tax }: JournalLine) => (amountTypes === 'Exclusive' ? amount + tax : amount)
  const sum = (sign: 1 | -1) =>
    lines.map(grossOf).reduce((total, amount) => (Math.sign(amount) === sign ? total + amount : total), 0)
  const [debits, credits] = [sum(1), sum(-1)]
  if (debits + credits === 0) return []
  const text = (cents: number) => fromCents(cents).toFixed(2)
  return [`The total debits (${text(debits)}) must equal total credits (${text(credits)})`]
}
