import jsonata from 'jsonata'
import { CONTACT, PURCHASE } from './flows.ts'

/**
 * The floor: a bare script that makes the same calls with the same expressions in-process and keeps nothing.
 * `node floor.ts upsert|sales <remote address>`; prints its seconds.
 */
const [kind, remote] = process.argv.slice(2)
if ((kind !== 'upsert' && kind !== 'sales') || remote === undefined)
  throw new Error('usage: floor.ts upsert|sales <address>')

const DAY = /\/Date\((-?\d+)(?:\+0000)?\)\//
const day = (text: string) => new Date(Number(DAY.exec(text)![1])).toISOString().slice(0, 10)
type Invoice = {
  [field: string]: unknown
  Date: string
  DueDate: string
  FullyPaidOnDate: string
  UpdatedDateUTC: string
}

const expression = jsonata(kind === 'upsert' ? CONTACT : PURCHASE)
const began = performance.now()
let since: string | undefined
for (;;) {
  const answer = await fetch(`${remote}/api.xro/2.0/Invoices?page=1&pageSize=1000&order=UpdatedDateUTC%20ASC`, {
    headers: {
      accept: 'application/json',
      authorization: 'Bearer bench',
      ...(since ? { 'if-modified-since': since } : {}),
    },
  })
  const { Invoices: invoices, pagination } = (await answer.json()) as {
    Invoices: Invoice[]
    pagination: { pageCount: number }
  }
  const results: unknown[] = []
  for (const invoice of invoices) {
    for (const field of ['Date', 'DueDate', 'FullyPaidOnDate'] as const) invoice[field] = day(invoice[field])
    results.push(await expression.evaluate(invoice))
  }
  if (kind === 'upsert') {
    const put = await fetch(`${remote}/api/v3/contact/?create_if_not_exists=1`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
      body: JSON.stringify({ key_id: '9001', contacts: results }),
    })
    await put.json()
  } else {
    const lines = [
      'item,price,order,timestamp,customer,quantity,f_original_amount,s_original_currency,s_document,s_kind',
    ]
    for (const purchase of results as { document: string; contact: string; rows: { [column: string]: unknown }[] }[]) {
      for (const row of purchase.rows) {
        lines.push(
          `${row.item},${row.price},${row.order},${row.timestamp},${purchase.contact},${row.quantity},${row.f_original_amount},${row.s_original_currency},${purchase.document},${row.s_kind}`,
        )
      }
    }
    const post = await fetch(`${remote}/hapi/merchant/BENCH/sales-data/api`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', authorization: 'bearer bench' },
      body: `${lines.join('\n')}\n`,
    })
    await post.text()
  }
  if (pagination.pageCount <= 1) break
  // One second after the last one: the bench's records are more than a second apart.
  since = new Date(Number(DAY.exec(invoices.at(-1)!.UpdatedDateUTC)![1]) + 1000).toISOString()
}
console.log(((performance.now() - began) / 1000).toFixed(3))
