import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { lastOf } from '../../server/run/write/document-totals.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { newId } from '../../server/store/database/ids.ts'
import {
  changedDocuments,
  pageOfDocuments,
  sentSince,
  sumOfChecks,
} from '../../server/store/period/period-documents.ts'
import { insertCheck, listChecks } from '../../server/store/period/periods.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { insertSignOff } from '../../server/store/period/sign-offs.ts'
import { expectedRows } from '../support/ledger-oracle.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { documentsOf, type Installed, installed, linesOf, listOf, type Wire } from '../support/templates.ts'

const stage = setStage()

const monthOf = (document: Wire) => new Date(Number(/-?\d+/.exec(String(document.Date))![0])).toISOString().slice(0, 7)
const inMonth = (scene: Scene, month: string) => documentsOf(scene).filter((one) => monthOf(one) === month)

/** What the month's documents add up to, in cents by currency, worked out apart from the product. */
function centsOf(scene: Scene, month: string): Map<string, bigint> {
  const ids = inMonth(scene, month).map((one) => String(one.InvoiceID ?? one.CreditNoteID))
  const sums = new Map<string, bigint>()
  for (const row of [...expectedRows(documentsOf(scene)).values()].flat()) {
    if (!ids.some((id) => row.document.includes(id))) continue
    sums.set(row.currency, (sums.get(row.currency) ?? 0n) + row.original)
  }
  return sums
}

const cents = (decimal: string) => {
  const [, sign = '', whole = '0', part = ''] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(decimal)!
  return BigInt(`${sign}${whole}${part.padEnd(2, '0')}`)
}

async function check({ workspace }: Scene, { flow, document }: Installed, month: string) {
  const to = new Date(`${month}-01T00:00:00Z`)
  to.setUTCMonth(to.getUTCMonth() + 1)
  const node = document.nodes.find(({ operation }) => operation === 'manual')!.id
  const start = { kind: 'window', from: `${month}-01`, to: to.toISOString().slice(0, 10) } as const
  const run = await inWorkspace(stage.database.app.db, workspace.id, async (tx) => {
    const id = await queueRun(tx, {
      ...{ workspace: workspace.id, flow, version: 1, cause: 'manual', node, start, dry: true },
    })
    await insertCheck(tx, { workspace: workspace.id, flow, period: month, run: id })
    return id
  })
  workspace.worker.wake()
  await workspace.ended(run)
  const [row] = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    listChecks(tx, workspace.id, month, flow),
  )
  const { totals } = row!
  const side = (name: 'source' | 'ledger' | 'difference') =>
    new Map(totals!.sums.map((sum) => [sum.currency, cents(sum[name])]))
  return {
    ...row!,
    documents: totals!.documents,
    source: side('source'),
    ledger: side('ledger'),
    off: side('difference'),
  }
}

test('a month is compared document by document, in exact sums of each currency, and the other month is let be', async () => {
  const scene = await stage.open({ contacts: 12, invoices: 90, creditNotes: 0 })
  const counted = [
    ...Map.groupBy(
      documentsOf(scene).filter((one) => one.Type === 'ACCREC'),
      monthOf,
    ),
  ]
    .map(([month]) => ({ month, sums: centsOf(scene, month) }))
    .filter(({ sums }) => sums.size >= 2)
  expect(counted.length).toBeGreaterThanOrEqual(2)
  const [{ month }, other] = counted.sort((a, b) => (a.month < b.month ? 1 : -1)) as [
    (typeof counted)[number],
    (typeof counted)[number],
  ]
  const flow = await installed(stage, scene, 'paid-invoices-to-purchases', undefined, 7)

  // Nothing was sent yet: all of it is missing.
  const first = await check(scene, flow, month)
  expect(first).toMatchObject({ state: 'succeeded', set_aside: 0, documents: { agree: 0, different: 0, extra: 0 } })
  expect(first.documents.missing).toBeGreaterThan(0)
  expect(first.source).toEqual(centsOf(scene, month))
  expect(first.off).toEqual(first.source)
  expect([...first.ledger.values()].every((sum) => sum === 0n)).toBe(true)
  expect(scene.emarsys.sales).toHaveLength(0)

  await flow.run()
  const agreed = await check(scene, flow, month)
  expect(agreed.documents).toEqual({ agree: first.documents.missing, different: 0, missing: 0, extra: 0 })
  expect(agreed.source).toEqual(centsOf(scene, month))
  expect(agreed.ledger).toEqual(agreed.source)
  const elsewhere = await check(scene, flow, other.month)
  expect(elsewhere.source).toEqual(other.sums)

  // Each document is kept with what it amounts to and what people call it; the sums and the hash are those of the list.
  const inside = <T>(work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace(stage.database.app.db, scene.workspace.id, work)
  const of = (run: string) => ({ workspace: scene.workspace.id, flow: flow.flow, run })
  const documents = await inside((tx) => pageOfDocuments(tx, of(agreed.run_id), {}, undefined, 1_000))
  const names = new Set(inMonth(scene, month).map((one) => String(one.InvoiceNumber)))
  expect(new Set(documents.map(({ document }) => document)).size).toBe(first.documents.missing)
  expect(documents.filter(({ name, state }) => names.has(name) && state === 'agree')).toEqual(documents)
  for (const [currency, sum] of agreed.source) {
    const own = documents.filter((one) => one.currency === currency)
    expect(own.reduce((total, { source }) => total + cents(source), 0n)).toBe(sum)
  }
  const list = documents
    .toSorted((a, b) => (`${a.document}\0${a.currency}` < `${b.document}\0${b.currency}` ? -1 : 1))
    .map((one) => `["${[one.document, one.currency, one.source, one.ledger, one.state].join('", "')}"]`)
  expect(agreed.evidence).toBe(createHash('sha256').update(list.join('\n')).digest('hex'))
  const firstTwo = await inside((tx) => pageOfDocuments(tx, of(agreed.run_id), {}, undefined, 2))
  const nextTwo = await inside((tx) => pageOfDocuments(tx, of(agreed.run_id), {}, firstTwo[1], 2))
  expect([...firstTwo, ...nextTwo]).toEqual(documents.slice(0, 4))
  // What nobody signed goes when a newer check has ended; what is counted twice by two checks counts once.
  expect(await inside((tx) => pageOfDocuments(tx, of(first.run_id), {}, undefined, 1))).toEqual([])
  const twice = await inside((tx) =>
    sumOfChecks(tx, scene.workspace.id, [
      { flow: flow.flow, run: agreed.run_id },
      { flow: flow.flow, run: agreed.run_id },
    ]),
  )
  expect(new Map(twice.map(({ currency, source }) => [currency, cents(source) / 2n]))).toEqual(agreed.source)

  await inside((tx) =>
    insertSignOff(tx, {
      ...{ workspace: scene.workspace.id, flow: flow.flow, period: month, kind: 'signed', of: agreed, note: null },
      by: newId(),
    }),
  )

  // One is taken back, another one is changed after it was sent.
  const before = agreed.source
  const paid = inMonth(scene, month).filter(
    (one) => one.Type === 'ACCREC' && one.Status === 'PAID' && listOf(one.Payments).length === 1,
  )
  const [gone, edited] = paid.map((one) => String(one.InvoiceID))
  scene.xero.unpay(gone!)
  scene.xero.unpay(edited!)
  const [line, ...lines] = linesOf(scene.xero.document(edited!)!)
  scene.xero.edit(edited!, {
    LineItems: [{ ...line, Quantity: 1, UnitAmount: 1234.56, LineAmount: 1234.56 }, ...lines],
  })
  scene.xero.pay(edited!)
  const sent = scene.emarsys.sales.length
  const off = await check(scene, flow, month)
  expect(off.documents).toEqual({ agree: first.documents.missing - 2, different: 1, missing: 0, extra: 1 })
  expect(off.ledger).toEqual(before)
  const now = centsOf(scene, month)
  for (const [currency, sum] of off.off) expect(sum).toBe((now.get(currency) ?? 0n) - (before.get(currency) ?? 0n))
  expect([...off.off.values()].some((sum) => sum !== 0n)).toBe(true)
  expect(scene.emarsys.sales).toHaveLength(sent)
  // Against what was signed: the source moved for these two, and nothing was sent for them yet.
  const changed = await inside((tx) => changedDocuments(tx, of(off.run_id), agreed.run_id, undefined, 10))
  const touched = [gone, edited].map((id) => `invoice ${id}`).sort()
  expect(changed.map(({ document }) => document).sort()).toEqual(touched)
  expect(changed.every((one) => one.ledger_now === one.ledger_then && one.source_now !== one.source_then)).toBe(true)
  expect(off.changed).toBe(2)
  const sentSinceThen = () => inside((tx) => sentSince(tx, of(agreed.run_id)))
  expect(await sentSinceThen()).toEqual([])

  // What is sent makes it agree again, and what was looked at before says nothing of today.
  await flow.run()
  expect((await sentSinceThen()).map(({ document }) => document)).toEqual(touched)
  const stale = await inWorkspace(stage.database.app.db, scene.workspace.id, (tx) =>
    listChecks(tx, scene.workspace.id, month, flow.flow),
  )
  expect(stale[0]).toMatchObject({ run_id: off.run_id, old: true })
  const again = await check(scene, flow, month)
  expect(again).toMatchObject({ old: false, documents: { different: 0, missing: 0, extra: 0 } })
  expect(again.ledger).toEqual(now)
})

test('a document that comes in two batches counts once, as it stood before the run', () => {
  const first = {
    ...{ wanted: { EUR: '10' }, standing: { EUR: '7' } },
    ...{ rows: { wanted: 1, standing: 1 }, same: false },
  }
  const imagined = {
    ...{ wanted: { EUR: '12' }, standing: { EUR: '10' } },
    ...{ rows: { wanted: 2, standing: 1 }, same: false },
  }
  expect(lastOf(first, imagined)).toEqual({
    ...{ wanted: { EUR: '12' }, standing: { EUR: '7' } },
    ...{ rows: { wanted: 2, standing: 1 }, same: false },
  })
})
