import { expect, test } from 'vitest'
import { type History, type LedgerEntry, unexplained } from './history.ts'

const mail = { of: 'unsafe', key: 'a' } as const
const invoice = { of: 'keyed', key: 'a' } as const
const contact = { of: 'upsert', key: 'a' } as const
const entry = (thing: typeof mail | typeof invoice | typeof contact, state: LedgerEntry['state'], named = false) => ({
  ...thing,
  state,
  named,
})
const whole: History = {
  promised: [mail, invoice, contact],
  ledger: [entry(mail, 'confirmed'), entry(invoice, 'confirmed'), entry(contact, 'confirmed')],
  there: [mail, invoice, contact],
}
const without = (
  thing: typeof mail | typeof invoice | typeof contact,
  state?: LedgerEntry['state'],
  named = false,
) => ({
  ...whole,
  there: whole.there.filter((one) => one !== thing),
  ledger: [...whole.ledger.filter((one) => one.of !== thing.of), ...(state ? [entry(thing, state, named)] : [])],
})

test.each<[string, History, readonly string[]]>([
  ['everything is there once', whole, []],
  ['a mail in doubt that an exception names', without(mail, 'unknown', true), []],
  ['the same, though it did arrive', { ...without(mail, 'unknown', true), there: whole.there }, []],
  ['what nobody promised, and was refused', { ...without(mail, 'rejected'), promised: [invoice, contact] }, []],
  ['a mail that came twice', { ...whole, there: [...whole.there, mail] }, ['unsafe a is there 2 times']],
  ['an invoice that is there twice', { ...whole, there: [...whole.there, invoice] }, ['keyed a is there 2 times']],
  ['two contacts', { ...whole, there: [...whole.there, contact] }, ['upsert a is there 2 times']],
  ['a mail that is lost', without(mail), ['unsafe a was promised and is lost']],
  ['a contact in doubt', without(contact, 'unknown', true), ['upsert a was promised and is lost']],
  ['a mail in doubt that nobody can see', without(mail, 'unknown'), ['unsafe a is in doubt, and no exception says so']],
  [
    'an invoice that only the ledger has',
    { ...whole, there: [mail, contact] },
    ['keyed a is not there, and the ledger says that it arrived', 'keyed a was promised and is lost'],
  ],
  [
    'a mail that only the other system has',
    { ...without(mail), there: whole.there },
    ['unsafe a is there, and the ledger knows nothing of it'],
  ],
  [
    'a mail that the ledger says was refused',
    { ...without(mail, 'rejected'), there: whole.there },
    ['unsafe a is there, and the ledger says that it was not sent'],
  ],
  [
    'a call that was left open',
    { ...without(invoice, 'sent'), there: whole.there },
    ['keyed a was sent, and nobody wrote down what became of it'],
  ],
])('%s', (_what, history, faults) => {
  expect(unexplained(history)).toEqual(faults)
})
