import { amountsOf } from './amounts.ts'
import type { Store } from './store.ts'
import { STATUS_NAMES, money } from './wire.ts'

const escapeHtml = (text: unknown): string => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)

const button = (title: string, path: string, body: unknown, method = 'POST'): string =>
  `<button data-method="${method}" data-path="${path}" data-body="${escapeHtml(JSON.stringify(body))}">${escapeHtml(title)}</button>`

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;margin:.5rem 0}th,td{border:1px solid #ccc;padding:.2rem .6rem;text-align:left}
button{margin:.2rem .4rem .2rem 0;padding:.3rem .7rem}h2{margin-top:2rem}`

const SCRIPT = `document.addEventListener('click', async (event) => {
  const { method, path, body } = event.target.dataset ?? {}
  if (!method) return
  await fetch(path, method === 'DELETE' ? { method } : { method, headers: { 'content-type': 'application/json' }, body })
  location.reload()
})`

/** One page that says what the store holds and lets a person act as its staff and shoppers. */
export function controlPage(store: Store): string {
  const latest = [...store.orders.values()].sort((a, b) => b.changedAt - a.changedAt || b.id - a.id).slice(0, 25)
  const rows = latest.map((order) => {
    const at = `/control/orders/${order.id}`
    const levers = [
      button('complete', `${at}/status`, { status: 10 }),
      button('cancel', `${at}/status`, { status: 5 }),
      button('refund one', `${at}/refund`, {}),
      button('declined refund', `${at}/refund`, { kind: 'declined' }),
      button('test payment', `${at}/pay`, { test: true }),
      button('archive', `${at}/archive`, {}),
    ]
    const status = `${STATUS_NAMES[order.status]}${order.deleted ? ' (archived)' : ''}`
    const cells = [order.id, order.email, status, `${money(amountsOf(order).gross)} ${order.currency}`]
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}<td>${levers.join('')}</td></tr>`
  })
  const hooks = [...store.hooks.values()].map(
    ({ scope, destination, active }) =>
      `<tr><td>${escapeHtml(scope)}</td><td>${escapeHtml(destination)}</td><td>${active ? 'on' : 'off'}</td></tr>`,
  )
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>BigCommerce sandbox</title><style>${STYLE}</style></head><body>
<h1>BigCommerce sandbox</h1>
<p>A stand-in for one store. Nothing here leaves this machine.</p>
<p>${store.orders.size} orders, ${store.customers.size} customers, ${store.refunds.length} refunds,
${store.quota.refused} calls refused for the quota.</p>
<h2>Levers</h2>
<p>${button('New unfinished order', '/control/orders', {})}
${button('New order, awaiting fulfilment', '/control/orders', { status: 11 })}
${button('Quota: 10 calls', '/control/quota', { quota: 10 })}
${button('No quota', '/control/quota', { quota: 'off' })}</p>
<p>${button('Next call: 429', '/control/faults', [{ kind: '429' }])}
${button('Next call: 429 under load', '/control/faults', [{ kind: '429-load' }])}
${button('Next call: 503', '/control/faults', [{ kind: '503' }])}
${button('Next call: 507', '/control/faults', [{ kind: '507' }])}
${button('Next call: lose the answer', '/control/faults', [{ kind: 'reset-after' }])}
${button('Clear all faults', '/control/faults', null, 'DELETE')}</p>
<h2>Latest orders</h2>
<table><thead><tr><th scope="col">Order</th><th scope="col">Buyer</th><th scope="col">Status</th><th scope="col">Total</th>
<th scope="col">Do</th></tr></thead><tbody>${rows.join('')}</tbody></table>
<h2>Hooks</h2>
<p>${button('Each event twice', '/control/delivery', { copies: 2 })}
${button('Swapped order', '/control/delivery', { swapped: true })}
${button('As usual', '/control/delivery', { copies: 1, swapped: false })}</p>
${hooks.length === 0 ? '<p>None.</p>' : `<table><tbody>${hooks.join('')}</tbody></table>`}
<script>${SCRIPT}</script>
</body></html>`
}
