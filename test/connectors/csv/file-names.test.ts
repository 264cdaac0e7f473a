import { expect, test } from 'vitest'
import { namesLike } from '../../../connectors/csv/file-names.ts'

test.each([
  ['*.csv', ['a.csv', 'A.CSV', '.csv'], ['a.csv.bak', 'csv']],
  ['orders-*.csv', ['orders-1.csv', 'Orders-.csv'], ['order-1.csv', 'orders-1.tsv', 'x-orders-1.csv']],
  ['orders.csv', ['orders.csv', 'ORDERS.csv'], ['orders_csv', 'orders.csv2', '']],
  ['*', ['', 'anything at all'], []],
  ['a*a', ['aa', 'aba'], ['a', 'ab']],
  ['ab*bc', ['abbc', 'ab-bc'], ['abc']],
  ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a']],
  ['*ab*ab', ['abab', 'abxab', 'ababab'], ['ab', 'aab']],
  ['**.csv', ['a.csv'], ['a.cs']],
  ['[a].(b)+$', ['[a].(b)+$'], ['a.b', '[a]x(b)+$']],
])('%s stands for the names that fit, and for no others', (names, fit, others) => {
  const wanted = namesLike(names)
  expect(fit.filter((name) => !wanted(name))).toEqual([])
  expect(others.filter(wanted)).toEqual([])
})

test('many stars and a name that nearly fits take no time', () => {
  const wanted = namesLike(`${'*a'.repeat(99)}*b`)
  const began = process.cpuUsage().user
  for (let time = 0; time < 1_000; time++) expect(wanted(`${'a'.repeat(250)}.csv`)).toBe(false)
  expect(process.cpuUsage().user - began).toBeLessThan(2_000_000) // microseconds
})
