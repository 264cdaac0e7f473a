import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'

/**
 * A Xero and an Emarsys for measuring: the same wire as the sandboxes for the calls of the bulk flows, but answers are
 * texts made beforehand, so that the remote costs as little as it can. A process of its own; prints its address.
 */
const { values } = parseArgs({ options: { records: { type: 'string', default: '100000' } } })
const RECORDS = Number(values.records)
const FIRST_CHANGE = Date.UTC(2024, 10, 20)
/** Seconds between two changes, so that times differ and fit into two years. */
const STEP_MS = Math.floor((2 * 365 * 86_400_000) / RECORDS)

const pad = (number: number) => String(number).padStart(12, '0')
const changedAt = (number: number) => FIRST_CHANGE + number * STEP_MS

/** About 1.2 kB with three lines, as Xero writes it. */
function invoiceText(number: number): string {
  const line = (place: number) =>
    `{"LineItemID":"5f7a612b-fdcc-4d33-90fa-${pad(number * 10 + place)}","Description":"Item ${place}","ItemCode":"SKU-${place}","Quantity":${place}.0,"UnitAmount":10.05,"LineAmount":${(10.05 * place).toFixed(2)},"TaxAmount":2.01,"TaxType":"OUTPUT2","AccountCode":"200"}`
  return `{"Type":"ACCREC","InvoiceID":"243216c5-369e-4056-ac67-${pad(number)}","InvoiceNumber":"INV-${number}","Reference":"PO ${number}","AmountDue":0.0,"AmountPaid":66.33,"AmountCredited":0.0,"CurrencyRate":1.0,"CurrencyCode":"GBP","Status":"PAID","LineAmountTypes":"Exclusive","Contact":{"ContactID":"8a1f0c7e-8d0a-4c1a-9a52-${pad(number)}","Name":"Customer ${number}"},"CreditNotes":[],"Date":"/Date(1793664000000+0000)/","DueDate":"/Date(1796256000000+0000)/","FullyPaidOnDate":"/Date(1794268800000+0000)/","LineItems":[${line(1)},${line(2)},${line(3)}],"SubTotal":60.3,"TotalTax":6.03,"Total":66.33,"UpdatedDateUTC":"/Date(${changedAt(number)}+0000)/"}`
}
const invoices = Array.from({ length: RECORDS }, (_, number) => invoiceText(number))
let rows = 0
let contacts = 0

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://remote')
  const answer = (body: string, type = 'application/json') => {
    response.writeHead(200, { 'content-type': type })
    response.end(body)
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    switch (url.pathname) {
      case '/connect/token':
      case '/oauth2/token':
        return answer(JSON.stringify({ access_token: 'bench', token_type: 'bearer', expires_in: 3600 }))
      case '/connections':
        return answer(JSON.stringify([{ id: 'c', tenantId: 't', tenantType: 'ORGANISATION', tenantName: 'Bench' }]))
      case '/api.xro/2.0/Organisation':
        return answer(JSON.stringify({ Organisations: [{ Name: 'Bench', BaseCurrency: 'GBP' }] }))
      case '/api.xro/2.0/Invoices':
        return answer(listing(request.headers['if-modified-since'], url.searchParams))
      case '/api/v3/contact/':
        contacts += occurrences(Buffer.concat(chunks), '"3":')
        return answer('{"replyCode":0,"replyText":"OK","data":{"ids":[],"errors":{}}}')
      case '/hapi/merchant/BENCH/sales-data/api':
        rows += occurrences(Buffer.concat(chunks), '\n') - 1
        return answer('Upload accepted\n', 'text/plain')
      case '/counts':
        return answer(JSON.stringify({ rows, contacts }))
      default:
        response.writeHead(404)
        response.end()
    }
  })
})

function listing(since: string | undefined, query: URLSearchParams): string {
  const size = Number(query.get('pageSize') ?? 100)
  const page = Number(query.get('page') ?? 1)
  const from = since === undefined ? 0 : Math.max(0, Math.ceil((Date.parse(since) - FIRST_CHANGE) / STEP_MS))
  const count = Math.max(0, RECORDS - from)
  const start = from + (page - 1) * size
  const texts = invoices.slice(start, start + size)
  return `{"Id":"b","Status":"OK","DateTimeUTC":"/Date(${Date.now()})/","pagination":{"page":${page},"pageSize":${size},"pageCount":${Math.ceil(count / size)},"itemCount":${count}},"Invoices":[${texts.join(',')}]}`
}

function occurrences(body: Buffer, text: string): number {
  let found = 0
  for (let at = body.indexOf(text); at !== -1; at = body.indexOf(text, at + text.length)) found += 1
  return found
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  const bytes = Math.round(invoices.slice(0, 1000).join('').length / Math.min(1000, RECORDS))
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, bytesPerRecord: bytes }))
})
process.on('SIGTERM', () => process.exit(0))
