import { spawnSync } from 'node:child_process'
import jsonata from 'jsonata'
import { createEvaluator } from '../../server/evaluate/pool.ts'
import type { Program } from '../../server/evaluate/program.ts'

/**
 * Records per second of two expressions through the pool, against bare jsonata in a loop in a process of its own.
 * Run alone on the machine: `node test/bench/expressions.bench.ts`. Promise: at least 60 % of the floor.
 */

const BATCH = 1000
/** Batches handed in at the same time. */
const IN_FLIGHT = 4
/** Batches per round. */
const BATCHES = 40
const ROUNDS = 7
const CHILDREN = 2

const EXPRESSIONS = {
  'map of 12 fields': `{
    "id": InvoiceID, "number": InvoiceNumber, "type": Type, "paid": Status = "PAID", "contact": Contact.ContactID,
    "email": $lowercase(Contact.EmailAddress), "name": Contact.Name, "date": $substring(DateString, 0, 10),
    "currency": CurrencyCode, "net": SubTotal, "gross": Total, "ref": "X-" & Reference
  }`,
  'line items': `Status = "PAID" ? {
    "id": InvoiceID,
    "lines": [LineItems[Quantity > 1].{"sku": ItemCode, "qty": Quantity, "amount": LineAmount, "tax": TaxAmount}],
    "total": $sum(LineItems.LineAmount)
  }`,
}

const invoice = (number: number) => ({
  InvoiceID: `243216c5-369e-4056-ac67-${String(number).padStart(12, '0')}`,
  InvoiceNumber: `INV-${number}`,
  Type: 'ACCREC',
  Status: number % 3 ? 'PAID' : 'DRAFT',
  Contact: { ContactID: `c-${number}`, Name: `Customer ${number}`, EmailAddress: `Customer.${number}@Example.com` },
  DateString: '2026-02-28T00:00:00',
  DueDateString: '2026-03-28T00:00:00',
  CurrencyCode: 'GBP',
  SubTotal: 60.3,
  TotalTax: 12.06,
  Total: 72.36,
  AmountDue: 0,
  AmountPaid: 72.36,
  Reference: `PO ${number}`,
  LineItems: [1, 2, 3].map((line) => ({
    LineItemID: `5f7a612b-fdcc-4d33-90fa-${String(number * 10 + line).padStart(12, '0')}`,
    Description: `Thing number ${line} of the catalogue`,
    ItemCode: `SKU-${line}`,
    Quantity: line,
    UnitAmount: 10.05,
    LineAmount: 10.05 * line,
    TaxAmount: 2.01,
    TaxType: 'OUTPUT2',
    AccountCode: '200',
  })),
})
const records = Array.from({ length: BATCH }, (_, number) => invoice(number))

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const perSecond = (count: number, milliseconds: number): number => (count / milliseconds) * 1000

/** The floor: `evaluate` in a loop, nothing around it. */
const floor = async (text: string): Promise<number> => {
  const expression = jsonata(text)
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    for (let batch = 0; batch < BATCHES / 4; batch++) {
      for (const record of records) await expression.evaluate(record)
    }
    rounds.push(perSecond((BATCHES / 4) * BATCH, performance.now() - start))
  }
  return median(rounds)
}

const pooled = async (text: string, form: 'objects' | 'text'): Promise<number> => {
  const evaluator = createEvaluator({ children: CHILDREN })
  const program: Program = {
    roots: [0],
    exits: 1,
    steps: [{ kind: 'map', id: 'map', expression: text, ports: { out: { steps: [], exit: 0 } } }],
  }
  const recordsText = Buffer.from(JSON.stringify(records))
  const run = async () => {
    const common = { workspace: 'bench', program, now: 0, seed: 'bench' }
    const { steps } = await evaluator.run(form === 'text' ? { ...common, recordsText } : { ...common, records })
    if (steps[0]?.in !== BATCH || steps[0].rejections.length > 0) throw new Error('The bench lost records.')
  }
  const rounds: number[] = []
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now()
      let left = BATCHES
      await Promise.all(
        Array.from({ length: IN_FLIGHT }, async () => {
          while (left-- > 0) await run()
        }),
      )
      rounds.push(perSecond(BATCHES * BATCH, performance.now() - start))
    }
  } finally {
    await evaluator.close()
  }
  return median(rounds)
}

const only = process.argv[2]
if (only !== undefined) {
  console.log(await floor(only))
} else {
  console.log(
    `node ${process.version}, ${CHILDREN} children, batches of ${BATCH}, ${IN_FLIGHT} in flight, median of ${ROUNDS} rounds`,
  )
  console.log(`one record: ${JSON.stringify(records[0]).length} bytes\n`)
  for (const [name, text] of Object.entries(EXPRESSIONS)) {
    const bare = Number(spawnSync(process.execPath, [import.meta.filename, text], { encoding: 'utf8' }).stdout)
    const objects = await pooled(text, 'objects')
    const asText = await pooled(text, 'text')
    console.table({
      [`${name}: bare jsonata`]: { 'records/s': Math.round(bare), ratio: 1 },
      [`${name}: pool, objects`]: { 'records/s': Math.round(objects), ratio: Number((objects / bare).toFixed(2)) },
      [`${name}: pool, text`]: { 'records/s': Math.round(asText), ratio: Number((asText / bare).toFixed(2)) },
    })
  }
}
