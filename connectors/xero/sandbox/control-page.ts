import { isoDay } from './clock.ts'
import type { Control } from './control.ts'
import { FAULT_KINDS } from './faults.ts'
import { escapeHtml } from './html.ts'
import type { World } from './world.ts'

/** One plain page: what the sandbox holds, what it was asked, and buttons for what people and networks do. */
export function controlPage(world: World, control: Control): string {
  const totals = control.totals()
  const counts = [
    ['Contacts', world.books.contacts.size],
    ['Invoices', world.books.invoices.size],
    ['Credit notes', world.books.creditNotes.size],
    ['Payments', world.books.payments.size],
    ['Journals', world.books.journals.size],
    ['Requests', world.requests.total],
    ['Writes accepted', world.ledger.length],
  ] as const
  const sums = [...totals.invoices, ...totals.creditNotes].map((row) => [
    row.type,
    row.status,
    row.currency,
    row.count,
    row.total.toFixed(2),
    row.open.toFixed(2),
  ])
  const latest = world.books.invoices.ordered
    .slice(-12)
    .reverse()
    .map((invoice) => {
      const id = escapeHtml(invoice.id)
      const buttons = ['pay', 'unpay', 'edit', 'credit', 'void']
        .map((action) => `<button data-post="/control/invoices/${id}/${action}">${action}</button>`)
        .join(' ')
      const cells = [
        invoice.number,
        invoice.contact.name,
        invoice.type,
        invoice.status,
        invoice.currency,
        (invoice.total / 100).toFixed(2),
      ]
      return `<tr>${cells.map(cell).join('')}<td>${buttons}</td></tr>`
    })
  const log = world.requests.last
    .slice(-20)
    .reverse()
    .map((entry) => [entry.at, entry.method, entry.path, entry.status])
  const faults = world.faults.pending.map(({ fault, left }) => [
    fault.kind,
    fault.match?.method ?? 'any',
    fault.match?.pathPrefix ?? 'any path',
    left,
  ])
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Xero sandbox</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c2430}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #d8dee6}
button,select,input{font:inherit;padding:.15rem .5rem}dl{display:flex;gap:2rem;flex-wrap:wrap}dd{margin:0;font-size:1.4rem}
</style>
<h1>Xero sandbox</h1>
<p>Tenant <code>${escapeHtml(world.tenantId)}</code>, ${world.connection ? 'connected' : 'not connected'},
consent ${world.autoApprove ? 'given without asking' : 'asked for'}. Clock ${new Date(world.clock.now()).toISOString()}.</p>
<dl>${counts.map(([name, count]) => `<div><dt>${name}</dt><dd>${count}</dd></div>`).join('')}</dl>
<h2>Faults</h2>
${faults.length > 0 ? table(['Kind', 'Method', 'Path', 'Left'], faults) : '<p>None waiting.</p>'}
<form id="fault"><label>Next request with path <input name="pathPrefix" value="/api.xro/2.0/" size="28"></label>
<label>fails as <select name="kind">${FAULT_KINDS.map((kind) => `<option>${kind}</option>`).join('')}</select></label>
<label>times <input name="times" type="number" value="1" min="1" size="4"></label> <button>Add</button></form>
<p><button data-method="DELETE" data-post="/control/faults">Clear faults</button>
<button data-post="/control/tokens/expire">Expire tokens</button>
<button data-post="/control/disconnect">Disconnect the app</button>
<button data-post="/control/limits" data-body='{"limits":"off"}'>Lift limits</button>
<button data-post="/control/limits" data-body='{"concurrent":5,"perMinute":60,"perDay":5000,"appPerMinute":10000}'>Xero's limits</button></p>
<h2>Lock dates</h2>
<form id="lock"><label>Period lock date <input name="period" type="date" value="${dateText(world.books.lockDay)}"></label>
<label>End of year lock date <input name="year" type="date" value="${dateText(world.books.yearLockDay)}"></label> <button>Set</button></form>
<h2>Latest invoices</h2>
<table><tr>${['Number', 'Contact', 'Type', 'Status', 'Currency', 'Total', ''].map((name) => `<th>${name}</th>`).join('')}</tr>${latest.join('')}</table>
<h2>Sums</h2>${table(['Type', 'Status', 'Currency', 'Count', 'Total', 'Open'], sums)}
<h2>Last requests</h2>${table(['When', 'Method', 'Path', 'Status'], log)}
<script>
const act = async (path, method, body) => {
  const answer = await fetch(path, { method, headers: { 'content-type': 'application/json' }, body: method === 'POST' ? body : undefined })
  if (!answer.ok) alert((await answer.json()).error ?? answer.status)
  location.reload()
}
for (const button of document.querySelectorAll('[data-post]'))
  button.onclick = () => act(button.dataset.post, button.dataset.method ?? 'POST', button.dataset.body ?? '{}')
document.querySelector('#lock').onsubmit = (event) => {
  event.preventDefault()
  act('/control/lock', 'POST', JSON.stringify(Object.fromEntries(new FormData(event.target))))
}
document.querySelector('#fault').onsubmit = (event) => {
  event.preventDefault()
  const form = new FormData(event.target)
  act('/control/faults', 'POST', JSON.stringify({ kind: form.get('kind'), times: Number(form.get('times')), match: { pathPrefix: form.get('pathPrefix') } }))
}
</script></html>`
}

const dateText = (day: number | null): string => (day === null ? '' : isoDay(day))

const cell = (value: string | number): string => `<td>${escapeHtml(String(value))}</td>`

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const head = heads.map((name) => `<th>${name}</th>`).join('')
  return `<table><tr>${head}</tr>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')}</table>`
}
