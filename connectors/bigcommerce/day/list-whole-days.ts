import { defineRead } from '../../kit/connector.ts'
import { SCOPES } from '../client/client.ts'
import { DaySettings, daysOf } from './days.ts'
import { ORDER_MONEY } from '../read/money-fields.ts'
import { entryFlaw } from '../read/shapes.ts'
import { walkWholeDays, windowOfDays } from './whole-days.ts'

const permissions = [SCOPES.orders, SCOPES.transactions]

export const listWholeDays = defineRead({
  name: 'list-whole-days',
  title: 'List whole days',
  summary:
    'Reads all orders and refunds of each day of which something changed, once it is over, so that it can be added up.',
  synonyms: ['daily summary', 'sales per day', 'takings', 'close of business'],
  settings: DaySettings,
  permissions,
  moneyFields: [...ORDER_MONEY, 'total_amount'],
  incremental: true,
  // A day comes whole or not at all: what was delivered before has to come again with it.
  exact: true,
  flaw: entryFlaw,
  read: (context, from) => walkWholeDays(context, daysOf(context.settings, permissions), from),
  window: {
    title: 'day of the order or refund',
    read: (context, window, from) => windowOfDays(context, daysOf(context.settings, permissions), window, from),
  },
})
