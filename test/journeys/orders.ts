import type { Flow } from '../../server/flow/document/flow.ts'
import { flowOf, node } from '../support/flows.ts'
import type { Place } from './place.ts'

/** An account that a person archives in Xero. */
export const ARCHIVED = '260'

const order = (number: number, Buyer: string, Total: number, Account: string) => ({
  ...{ InvoiceNumber: `INV-0${number}`, Buyer, Total, CurrencyCode: 'GBP', Account },
})

/** Orders that become invoices: two are booked on the archived account, one goes through. */
export const ORDERS: Flow = flowOf(
  [
    node('books', 'xero.get-organisation'),
    node('orders', 'map', {
      expression: JSON.stringify([
        order(192, 'Nordwind Handels GmbH', 1249.9, ARCHIVED),
        order(193, 'Ostwind KG', 80.5, ARCHIVED),
        order(194, 'Suedwind AG', 12, '200'),
      ]),
    }),
    node('book', 'xero.create-invoices', {
      status: 'AUTHORISED',
      record: `{
        'InvoiceNumber': InvoiceNumber, 'Contact': { 'Name': Buyer }, 'Date': '2026-11-20', 'DueDate': '2026-12-04',
        'LineItems': [{ 'Description': 'Goods', 'Quantity': 1, 'UnitAmount': Total, 'AccountCode': Account }]
      }`,
    }),
  ],
  ['start books', 'books orders', 'orders book'],
  { name: 'Orders → invoices' },
)

/** Invoices with this number that were ever made in Xero. */
export const madeInXero = ({ fleet }: Place, number: string) =>
  fleet.xero.ledger.filter(
    ({ resource, body }) => resource === 'Invoices' && JSON.stringify(body).includes(`"${number}"`),
  )
