import { escapeHtml } from './html.ts'
import { ORGANISATION_NAME } from './wire-settings.ts'

/** The page a person sees instead of Xero's: what is asked for, Allow and Cancel. */
export function consentPage(form: { readonly [name: string]: string | undefined }): string {
  const kept = Object.entries(form)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value ?? '')}">`)
    .join('')
  const scopes = (form.scope ?? '').split(' ').map((scope) => `<li>${escapeHtml(scope)}</li>`)
  return page(
    'Allow access?',
    `<p>An app asks for access to <strong>${ORGANISATION_NAME}</strong> in this sandbox:</p><ul>${scopes.join('')}</ul>
<form method="post" action="/identity/connect/authorize">${kept}
<button name="decision" value="allow">Allow access</button> <button name="decision" value="deny">Cancel</button></form>`,
  )
}

export const problemPage = (problem: string): string =>
  page('The request cannot be shown', `<p>${escapeHtml(problem)}</p>`)

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} - Xero sandbox</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style>
<h1>${title}</h1>${body}</html>`
}
