import type { MailServer, Received } from './mail-server.ts'
import { readMail } from './read-mail.ts'

const escapeHtml = (text: unknown): string => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)

const button = (title: string, path: string, body: unknown, method = 'POST'): string =>
  `<button data-method="${method}" data-path="${path}" data-body="${escapeHtml(JSON.stringify(body))}">${escapeHtml(title)}</button>`

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
article{border:1px solid #ccc;padding:.2rem 1rem;margin:1rem 0}h2{margin:.4rem 0;font-size:1.1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}button{margin:.2rem .4rem .2rem 0;padding:.3rem .7rem}`

const SCRIPT = `document.addEventListener('click', async (event) => {
  const { method, path, body } = event.target.dataset ?? {}
  if (!method) return
  await fetch(path, method === 'DELETE' ? { method } : { method, headers: { 'content-type': 'application/json' }, body })
  location.reload()
})`

/** One page with everything that was handed over, the newest first. Texts are shown as texts. */
export function controlPage({ received }: MailServer): string {
  const mails = received.toReversed().map(article)
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Mail sandbox</title><style>${STYLE}</style></head><body>
<h1>Mail sandbox</h1>
<p>A stand-in for a mail server: it takes every mail and delivers none. Nothing here leaves this machine.</p>
<p>${button('Throw all away', '/control/mails', null, 'DELETE')}
${button('Next mail: “later”', '/control/faults', { at: 'content', code: 451, text: '4.3.2 Try again later' })}
${button('Next mail: refuse', '/control/faults', { at: 'content', code: 554, text: '5.7.1 Message refused' })}
${button('Next mail: take, lose the answer', '/control/faults', { at: 'cut-after' })}
${button('Clear all faults', '/control/faults', null, 'DELETE')}</p>
${mails.length === 0 ? '<p>No mail yet.</p>' : mails.join('\n')}
<script>${SCRIPT}</script>
</body></html>`
}

function article({ at, from, to, raw }: Received): string {
  const { headers, text } = readMail(raw)
  return `<article><h2>${escapeHtml(headers.subject || '(no subject)')}</h2>
<p>${escapeHtml(from)} → ${escapeHtml(to.join(', '))}, <time>${at.toISOString()}</time></p>
<pre>${escapeHtml(text)}</pre></article>`
}
