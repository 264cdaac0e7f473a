import type { Account } from './account.ts'
import type { Quirks } from './envelope.ts'

/** A cell that is HTML already. */
class Raw {
  readonly html: string

  constructor(html: string) {
    this.html = html
  }
}

const escapeHtml = (text: unknown): string =>
  text instanceof Raw ? text.html : String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)

const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  rows.length === 0
    ? '<p>None.</p>'
    : `<table><thead><tr>${head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('')}</tr></thead><tbody>${rows
        .map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`)
        .join('')}</tbody></table>`

const ODDITIES: readonly {
  readonly quirk: keyof Quirks
  readonly title: string
  readonly values: readonly (string | number)[]
}[] = [
  {
    quirk: 'contentType',
    title: 'Content type of envelopes',
    values: ['application/json', 'application/json; charset=utf-8', 'text/html; charset=utf-8'],
  },
  { quirk: 'emptyErrors', title: '“errors” when nothing failed', values: ['mixed', 'array', 'object', 'absent'] },
  { quirk: 'singleFailureStatus', title: 'HTTP status of a single call that failed', values: [200, 400] },
  { quirk: 'getdataErrors', title: 'Errors of getdata', values: ['list', 'map'] },
  { quirk: 'workMs', title: 'Segments and exports take, in ms', values: [0, 3000, 60_000] },
  { quirk: 'exportEnd', title: 'Exports end as', values: ['done', 'error', 'expired'] },
  { quirk: 'callbackPauseMs', title: 'Between tries of an export’s callback, in ms', values: [60_000, 1000] },
  { quirk: 'nonceReplay', title: 'The nonce of a WSSE header a second time', values: ['allowed', 'refused'] },
  { quirk: 'clockSkewMs', title: 'Clocks of signed logins may differ by, in ms', values: [300_000, 1000] },
  { quirk: 'keySpelling', title: 'key_id and keyId', values: ['both', 'documented'] },
  { quirk: 'connectedTo', title: 'A trigger says what listens', values: ['absent', 'shown'] },
  { quirk: 'oldSummary', title: 'Older summary of campaigns', values: ['on', 'gone'] },
]

/** Longest table; the rest is in the API. */
const MOST = 60

const button = (title: string, method: string, path: string, body?: unknown): string =>
  `<button data-method="${method}" data-path="${path}" data-body="${escapeHtml(body === undefined ? '' : JSON.stringify(body))}">${escapeHtml(title)}</button>`

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;margin:.5rem 0}th,td{border:1px solid #ccc;padding:.2rem .6rem;text-align:left}
.node label{display:block;margin:.2rem 0}button{margin:.2rem .4rem .2rem 0;padding:.3rem .7rem}h2{margin-top:2rem}`

const SCRIPT = `document.addEventListener('click', async (event) => {
  const { method, path, body } = event.target.dataset ?? {}
  if (!method) return
  const headers = body ? { 'content-type': 'application/json' } : {}
  await fetch(path, { method, headers, body: body || undefined })
  location.reload()
})
const node = document.querySelector('#node')
node.addEventListener('submit', async (event) => {
  event.preventDefault()
  const { url, header, token, email, copies, retryMs } = Object.fromEntries(new FormData(node))
  node.querySelector('output').value = 'sending…'
  const answer = await fetch('/control/webhook-node', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url, header, token, fields: email ? { email } : {}, copies: Number(copies), retryMs: Number(retryMs) }),
  })
  const { statuses, message } = await answer.json()
  node.querySelector('output').value = message ?? 'Answers: ' + statuses.map((status) => status || 'none').join(', ')
})`

/** One page that says what the account holds and lets a person misuse it. */
export const controlPage = (account: Account): string => {
  const { sales } = account
  const duplicates = sales.duplicates()
  const days = Object.entries(sales.perDay()).reverse()
  const mails = account.triggered.filter((event) => !event.repeat && !event.stopped)
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Emarsys sandbox</title><style>${STYLE}</style></head><body>
<h1>Emarsys sandbox</h1>
<p>A stand-in for one Emarsys account. Nothing here leaves this machine.</p>
${table(
  ['What', 'How many'],
  [
    ['Contacts', account.contacts.size],
    ['Contact lists', account.lists.size],
    ['Sales rows', sales.rows.length],
    ['Sales uploads', sales.uploads],
    ['Revenue as Emarsys would show it', sales.total()],
    ['Sales rows accepted more than once', duplicates.length],
    ['Pseudo contacts (unknown buyers)', sales.pseudoContacts.size],
    ['Mails that would have gone out', mails.length],
    ['Event triggers dropped as repeats', account.triggered.filter((event) => event.repeat).length],
    ['Accepted changes in the ledger', account.ledger.length],
    ['Segment runs', account.segmentRuns.size],
    ['Exports', account.exports.size],
    ['Rows of relational data', [...account.tables.values()].reduce((sum, { rows }) => sum + rows.size, 0)],
    ['Calls per minute allowed', account.limits.perMinute],
  ],
)}
<h2>Levers</h2>
<p>${button('Revoke all tokens', 'POST', '/control/tokens/revoke')}
${button('Limit to 10 calls a minute', 'POST', '/control/limits', { perMinute: 10 })}
${button('Usual limit (1,000)', 'POST', '/control/limits', { perMinute: 1000 })}
${button('No limit', 'POST', '/control/limits', { perMinute: 'off' })}</p>
<p>${button('Next call: 429', 'POST', '/control/faults', [{ match: {}, kind: '429' }])}
${button('Next call: 503', 'POST', '/control/faults', [{ match: {}, kind: '503' }])}
${button('Next sales upload: accept, lose the answer', 'POST', '/control/faults', [{ match: { pathPrefix: '/hapi' }, kind: 'reset-after' }])}
${button('Next event trigger: accept, lose the answer', 'POST', '/control/faults', [{ match: { method: 'POST', pathPrefix: '/event' }, kind: 'reset-after' }])}
${button('Next contact write: first record fails', 'POST', '/control/faults', [{ match: { method: 'PUT', pathPrefix: '/contact' }, kind: 'partial' }])}
${button('Next call: 423, busy', 'POST', '/control/faults', [{ match: {}, kind: '423' }])}
${button('Next call: 202, still at work', 'POST', '/control/faults', [{ match: {}, kind: '202' }])}
${button('Next call: applied, never answered', 'POST', '/control/faults', [{ match: {}, kind: 'timeout' }])}
${button('Clear all faults', 'DELETE', '/control/faults')}</p>
<h2>Webhook node</h2>
<p>What a program’s webhook node would send, to an address of this machine. A failed delivery is repeated up to ten times.</p>
<form id="node" class="node"><label>Address <input name="url" type="url" required size="50" placeholder="http://localhost:3000/hooks/…"></label>
<label>Header <input name="header" required value="x-tieline-token"></label>
<label>Its value <input name="token" required></label>
<label>E-mail of the contact <input name="email" type="email"></label>
<label>Copies <input name="copies" type="number" min="1" max="100" value="1"></label>
<label>Pause between tries, in ms <input name="retryMs" type="number" min="0" value="1000"></label>
<button>Send</button> <output></output></form>
<h2>Oddities</h2>
<p>Ways in which real answers differ from each other. Ids of an upsert come as text for contacts that existed and as numbers for new ones; both prefixes (v2, v3) are served at all times.</p>
${table(
  ['What', 'Now', 'Change'],
  ODDITIES.map(({ quirk, title, values }) => [
    title,
    String(account.quirks[quirk]),
    new Raw(values.map((value) => button(String(value), 'POST', '/control/quirks', { [quirk]: value })).join('')),
  ]),
)}
<h2>Permissions switched off</h2>
${table(
  ['Credential', 'Off'],
  [...account.denied].map(([credential, names]) => [credential, [...names].join(', ') || '(none)']),
)}
<h2>Faults switched on</h2>
${table(
  ['Kind', 'Method', 'Path', 'Calls left'],
  account.faults
    .list()
    .map((fault) => [fault.kind, fault.match.method ?? 'any', fault.match.pathPrefix ?? 'any', fault.left]),
)}
<h2>Revenue per day</h2>
${table(['Day (UTC)', 'Sum of price'], days.slice(0, MOST))}
<h2>Sales rows accepted more than once</h2>
<p>Equal lines of one document look alike too: those are of one upload.</p>
${table(
  ['Order', 'Item', 'Price', 'Times', 'Uploads'],
  duplicates
    .slice(0, MOST)
    .map(({ row, times, uploads }) => [row.order, row.item, row.price, times, uploads.join(', ')]),
)}
<h2>Last mails that would have gone out</h2>
${table(
  ['Event', 'Contact', 'Trigger id'],
  mails
    .slice(-MOST)
    .reverse()
    .map((event) => [event.name, event.key, event.triggerId ?? '(none)']),
)}
<h2>Calls by route</h2>
${table(['Route', 'Calls'], [...account.requests].sort())}
<script>${SCRIPT}</script>
</body></html>`
}
