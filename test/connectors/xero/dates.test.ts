import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantOf, withPlainDates } from '../../../connectors/xero/client/dates.ts'

test('document dates are days, timestamps are instants, and the text siblings go', () => {
  const wire = {
    InvoiceID: 'x',
    Date: '/Date(1793664000000+0000)/',
    DateString: '2026-11-03T00:00:00',
    DueDate: '/Date(1796256000000)/',
    DueDateString: '2026-12-03T00:00:00',
    UpdatedDateUTC: '/Date(1795227249310+0000)/',
    UpdatedDateUTCString: '2026-11-21T02:14:09Z',
    ConnectionString: 'not a date',
    Payments: [{ PaymentID: 'p', Date: '/Date(1793664000000+0000)/' }],
    Reference: '/Date(of the party)/',
    Total: 145.44,
    Contact: { Name: 'Ada' },
  }
  expect(withPlainDates(wire)).toEqual({
    InvoiceID: 'x',
    Date: '2026-11-03',
    DueDate: '2026-12-03',
    UpdatedDateUTC: '2026-11-21T02:14:09.310Z',
    ConnectionString: 'not a date',
    Payments: [{ PaymentID: 'p', Date: '2026-11-03' }],
    Reference: '/Date(of the party)/',
    Total: 145.44,
    Contact: { Name: 'Ada' },
  })
})

test('a day stays the same day whatever zone this process runs in', () => {
  const zone = process.env.TZ
  try {
    for (const TZ of ['Pacific/Auckland', 'America/Los_Angeles', 'UTC']) {
      process.env.TZ = TZ
      expect(withPlainDates({ Date: '/Date(1793664000000+0000)/' })).toEqual({ Date: '2026-11-03' })
    }
  } finally {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  }
})

test('reads instants before 1970 and refuses what is none', () => {
  expect(instantOf('/Date(-1000)/')).toBe(-1000)
  expect(instantOf('/Date(1795362000120)/')).toBe(1795362000120)
  expect(instantOf('soon')).toBeUndefined()
  expect(instantOf(12)).toBeUndefined()
})

test('writes every instant as JavaScript does, and its day too', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_000_000_000_000, max: 253_402_300_799_999 }), (at) => {
      const iso = new Date(at).toISOString()
      const wire = `/Date(${at}+0000)/`
      expect(withPlainDates({ UpdatedDateUTC: wire, Date: wire })).toEqual({
        UpdatedDateUTC: iso,
        Date: iso.slice(0, 10),
      })
    }),
    { numRuns: 500 },
  )
  expect(withPlainDates({ Date: '/Date(99999999999999999)/' })).toEqual({ Date: '/Date(99999999999999999)/' })
})
