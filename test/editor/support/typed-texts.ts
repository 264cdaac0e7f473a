import type { Browser, Page } from 'playwright-core'
import { type Seeing, type Seen, seeEveryText } from './every-text.ts'
import type { Look } from './looks.ts'

/** What came of a text that was typed into each field of a page, and sent where there is a form. */
type Typed = { readonly fields: number; readonly echoes: readonly string[]; readonly armed: readonly string[] }

export type SeenTyped = Pick<Seen, 'ran' | 'reports' | 'armed' | 'missed'> & {
  /** By look: how many fields there were to type into. */
  readonly fields: ReadonlyMap<string, number>
  /** By look: what says the text again, but for the field itself. */
  readonly echoes: ReadonlyMap<string, readonly string[]>
}

/** Types a payload into every field of each look, leaves the field, sends its form, and sees whether it stayed a text. */
export async function seeTypedTexts(
  browser: Browser,
  looks: readonly Look[],
  payloadOf: (look: Look) => string,
  seeing: Seeing = {},
): Promise<SeenTyped> {
  const fields = new Map<string, number>()
  const echoes = new Map<string, readonly string[]>()
  const armed: string[] = []
  // What was typed before is in no page after: each is loaded anew.
  const alone = looks.map((look, at) => ({ ...look, state: `${look.state} ${at}` }))
  const standing = async (page: Page, look: Look) => {
    const typed = await typeEverywhere(page, payloadOf(look))
    fields.set(look.name, typed.fields)
    echoes.set(look.name, typed.echoes)
    armed.push(...typed.armed.map((one) => `${look.name}: ${one}`))
  }
  const seen = await seeEveryText(browser, alone, () => [''], { ...seeing, standing })
  const missed = seen.missed.filter((one) => one.includes('could not be opened'))
  return { fields, echoes, armed: [...seen.armed, ...armed], ran: seen.ran, reports: seen.reports, missed }
}

const typeEverywhere = (page: Page, payload: string): Promise<Typed> =>
  page.evaluate(async (text) => {
    const { settle, armed, type } = window as unknown as {
      settle(): Promise<void>
      armed(): readonly string[]
      type(field: HTMLElement, text: string): void
    }
    const TYPED =
      'input:is([type=text], [type=search], [type=email], [type=url], [type=password], :not([type])), textarea'
    const isFree = (one: HTMLInputElement | HTMLTextAreaElement) => !one.disabled && !one.readOnly
    const echoes = new Set<string>()
    const found = new Set<string>()
    const look = async () => {
      await settle()
      // Some fields wait for the hand to rest.
      await new Promise((go) => setTimeout(go, 400))
      await settle()
      for (const one of armed()) found.add(one)
      const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
      while (nodes.nextNode()) {
        const at = nodes.currentNode.parentElement
        if (!nodes.currentNode.textContent?.includes(text) || at?.closest('textarea, [contenteditable]')) continue
        echoes.add(`${at?.tagName.toLowerCase()} ${at?.getAttribute('class') ?? ''}`)
      }
    }
    const free = [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(TYPED)].filter(isFree)
    for (const one of free) type(one, text)
    const drawn = [...document.querySelectorAll<HTMLElement>('[contenteditable="true"]')]
    for (const one of drawn) {
      one.focus()
      document.execCommand('selectAll')
      document.execCommand('insertText', false, text)
    }
    await look()
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    for (const one of free) {
      if (one.form || !one.isConnected) continue
      one.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    }
    await look()
    // Forms of a dialog and of the page before the search above every page, which leaves it.
    for (const form of [...new Set(free.map((one) => one.form))].toReversed()) {
      if (!form?.isConnected || (form.closest('header') && free.some((one) => one.form && one.form !== form))) continue
      form.noValidate = true
      form.requestSubmit()
      await look()
    }
    return { fields: free.length + drawn.length, echoes: [...echoes], armed: [...found] }
  }, payload)
