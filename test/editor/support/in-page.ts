import type { Page } from 'playwright-core'

// Runs in the page itself, beside the app: puts one payload after another where the answers are marked, draws the page
// anew for each, and reads what stands there. Nothing leaves for the wire, so a page takes a hundredth of a second.

/**
 * The name of a button that is pressed, or of a field and what is typed into it, each perhaps only where it is there; names
 * are regular expressions.
 */
export type Press =
  | string
  | { readonly perhaps: string }
  | { readonly into: string; readonly text: string; readonly perhaps?: true }

/** How one page is gone through. */
export type Tour = {
  readonly address: string
  readonly payloads: readonly string[]
  /** What a hand does once the page stands, one after the other. */
  readonly press: readonly Press[]
}
/** How a page comes to show the next payload: its drawing stays, its queries begin anew, or it is left and opened again. */
export type Draw = 'answered again' | 'asked again' | 'anew'
export type Toured = {
  /** How the last payload was brought onto it. */
  readonly way: Draw
  /** Each place of a field on the page: its number, what holds it, and what that stands in. */
  readonly places: readonly string[]
  /** Numbers of the fields of which the page shows the text. */
  readonly fields: readonly number[]
  /** Fields of which one payload was not seen, though others were: payload, field. */
  readonly missed: readonly (readonly [payload: number, field: number])[]
  /** What would run once somebody chose it. */
  readonly armed: readonly string[]
}

type Client = {
  isFetching(): number
  resetQueries(): Promise<void>
  invalidateQueries(): Promise<void>
  removeQueries(filter: { type: 'inactive' }): void
}
type Router = {
  readonly state: { readonly status: string; readonly resolvedLocation?: { readonly href: string } }
  readonly history: { readonly location: { readonly href: string } }
  readonly options: { readonly context: { readonly client: Client } }
}

function install(): void {
  const HANDLERS = ['error', 'load', 'focus', 'mouseover', 'toggle', 'animationstart', 'pointerenter']
  /** Letters of a text that stand at least where it is cut (server/flow/schema/wording.ts). */
  const SHORTEST_CUT = 24
  const ADDRESSES = ['href', 'src', 'action', 'formaction', 'data', '*|href']
  const ARMED = [
    ...HANDLERS.map((name) => `[on${name}]`),
    ...['[srcdoc]', 'iframe', 'object', 'embed', 'base', 'body script'],
    // What is kept as a file is not opened.
    ...ADDRESSES.flatMap((name) => [`[${name}^="javascript:" i]`, `[${name}^="data:text" i]:not([download])`]),
  ].join()
  let payload = ''
  let escaped = ''
  let remembering = false
  let open = 0
  type Kept = { readonly status: number; readonly headers: [string, string][]; readonly text: string }
  const kept = new Map<string, Promise<Kept>>()
  const real = window.fetch.bind(window)
  const ask = async (...asked: Parameters<typeof fetch>): Promise<Kept> => {
    const answer = await real(...asked)
    return { status: answer.status, headers: [...answer.headers], text: await answer.text() }
  }
  window.fetch = async (...asked) => {
    const [address, options] = asked
    const key = `${options?.method ?? 'GET'} ${String(address)} ${String(options?.body ?? '')}`
    open += 1
    try {
      const { signal: _signal, ...rest } = options ?? {}
      const answer = (remembering ? kept.get(key) : undefined) ?? ask(address, rest)
      kept.set(key, answer)
      const { status, headers, text } = await answer
      return new Response(status === 204 ? null : text.replaceAll('⟦', () => `${escaped}⟦`), { status, headers })
    } finally {
      open -= 1
    }
  }
  const router = (): Router => Reflect.get(window, '__TSR_ROUTER__') as Router
  const pause = (ms: number) => new Promise<void>((go) => setTimeout(go, ms))
  const isQuiet = () => {
    const { state, history, options } = router()
    return (
      open === 0 &&
      state.status === 'idle' &&
      state.resolvedLocation?.href === history.location.href &&
      options.context.client.isFetching() === 0 &&
      document.querySelector('h1, h2') !== null &&
      ![...document.querySelectorAll('[role="status"]')].some((one) => one.textContent === 'Loading…')
    )
  }
  const settle = async () => {
    for (let quiet = 0, left = 2_000; quiet < 3 && left > 0; left -= 1) {
      await pause(1)
      quiet = isQuiet() ? quiet + 1 : 0
    }
  }
  const texts = (): string => {
    const parts = [document.title, document.body.textContent]
    for (const one of document.querySelectorAll<HTMLInputElement>('input, textarea')) parts.push(one.value)
    for (const one of document.querySelectorAll('[title], [aria-label], [placeholder], [alt], [aria-description]')) {
      for (const name of ['title', 'aria-label', 'placeholder', 'alt', 'aria-description']) {
        parts.push(one.getAttribute(name) ?? '')
      }
    }
    return parts.join('\n')
  }
  const around = (element: Element | null): string => {
    const path: string[] = []
    for (let at = element; at !== null; at = at.parentElement) path.push(`${at.tagName} ${at.getAttribute('class')}`)
    return path.join(' in ')
  }
  /** What on a page holds the texts of a field, by the elements around it: the same part of the page draws the same. */
  const places = (): readonly string[] => {
    const found = new Set<string>()
    const note = (text: string | null, how: string, element: Element | null) => {
      for (const [, field] of (text ?? '').matchAll(/⟦(\d+)⟧/g)) {
        found.add(`${field} as ${how} in ${around(element)}`)
      }
    }
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (nodes.nextNode()) note(nodes.currentNode.textContent, 'text', nodes.currentNode.parentElement)
    for (const one of document.querySelectorAll('*')) {
      for (const { name, value } of one.attributes) note(value, name, one)
      if (one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement) note(one.value, 'its value', one)
    }
    note(document.title, 'title', null)
    return [...found]
  }
  const shapes = (text: string): readonly string[] => {
    // As in JSON on the page, with what hides made visible (editor/format/visible.ts), or at the beginning of a sentence.
    const seen = text.replaceAll('\u202e', '[U+202E]')
    // Or said in words, where it is the name of a setting (editor/format/words-of.ts).
    const words = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
    const plain = [text, seen, words, text.toLowerCase(), `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`]
    return [...plain, ...plain.map((one) => JSON.stringify(one).slice(1, -1))]
  }
  /** In how many places each field stands with the payload of now. */
  const fieldsIn = (text: string): Map<number, number> => {
    const forms = shapes(payload)
    const found = new Map<number, number>()
    for (const { index, 1: digits } of text.matchAll(/⟦(\d+)⟧/g)) {
      if (forms.some((form) => text.endsWith(form, index) || text.startsWith(form, index - form.length))) {
        found.set(Number(digits), (found.get(Number(digits)) ?? 0) + 1)
      }
    }
    return found
  }
  /** Whether a text that a field stood in is the payload up to where it is cut, and the mark of the field with it. */
  const isCut = (field: number, stood: ReadonlySet<string>): boolean => {
    const ends = Array.from({ length: Math.max(0, payload.length - SHORTEST_CUT + 1) }, (_, at) => SHORTEST_CUT + at)
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (nodes.nextNode()) {
      const { textContent, parentElement } = nodes.currentNode
      // Also where it is the mark that is cut.
      const text = (textContent ?? '').replace(/⟦\d*…/g, '…')
      if (!text.includes('…') || !stood.has(`${field} as text in ${around(parentElement)}`)) continue
      if (ends.some((end) => text.includes(`${payload.slice(0, end)}…`))) return true
    }
    return false
  }
  const go = async (address: string) => {
    history.pushState({}, '', address)
    await settle()
  }
  const BUTTONS = 'button, [role="menuitem"], [role="tab"], a, input[type="checkbox"]'
  const nameOf = (one: HTMLElement): string => {
    const labels = one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement ? one.labels : null
    return (one.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? one.textContent).trim()
  }
  const type = (field: HTMLElement, text: string) => {
    const { prototype } = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement
    field.focus()
    // As by a hand: React sees what is set through the prototype.
    Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(field, text)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  const press = async (one: Press) => {
    const isTyped = typeof one === 'object' && 'into' in one
    const name = typeof one === 'string' ? one : isTyped ? one.into : one.perhaps
    const means = new RegExp(name)
    for (let tries = 0; tries < 100; tries += 1) {
      const all = document.querySelectorAll<HTMLElement>(isTyped ? 'input, textarea' : BUTTONS)
      const found = [...all].find((at) => means.test(nameOf(at)))
      if (found) {
        if (isTyped) type(found, one.text)
        else found.click()
        return settle()
      }
      // What opens by the press before has a moment to do so.
      if (typeof one === 'object' && 'perhaps' in one && tries > 20) return
      await pause(5)
    }
    throw new Error(`There is no ${name} at ${location.pathname}.`)
  }
  /** The palette and the like stay open when the page below them changes: what is over it is not of the next look. */
  const closeWhatIsOver = async () => {
    for (let tries = 0; document.querySelector('[role="dialog"]') !== null && tries < 20; tries += 1) {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
      await pause(20)
      await settle()
    }
  }
  const put = (text: string) => {
    payload = text
    escaped = JSON.stringify(text).slice(1, -1)
  }
  const tour = async ({ address, payloads, press: names }: Tour): Promise<Toured> => {
    const { client } = router().options.context
    const missed: [number, number][] = []
    const armed = new Set<string>()
    let expected: Map<number, number> | undefined
    const stood = new Set<string>()
    remembering = true
    await closeWhatIsOver()
    const draw = async (how: Draw) => {
      if (how === 'answered again') {
        void client.invalidateQueries()
        return settle()
      }
      if (how === 'asked again') {
        void client.resetQueries()
        return settle()
      }
      const isHere = location.pathname + location.search + location.hash === address
      if (isHere || expected !== undefined) await go(address.replace(/^(\/w\/[^/]+).*|.*/, '$1/nowhere'))
      client.removeQueries({ type: 'inactive' })
      void client.resetQueries()
      await go(address)
      for (const name of names) await press(name)
    }
    /** In a drawing that stayed, the payload must be wherever one was; in a new one, somewhere: the longest are cut. */
    const lacks = (how: Draw) => {
      const found = fieldsIn(texts())
      const lacking = [...(expected ?? [])].filter(
        ([field, places]) => (found.get(field) ?? 0) < (how === 'answered again' ? places : 1),
      )
      return lacking.map(([field]) => field).filter((field) => how !== 'anew' || !isCut(field, stood))
    }
    // Each way costs more than the one before. Only a page that then does not show the payload in all its places takes the
    // next one: what has begun with an answer and goes on by itself.
    const ways: Draw[] = names.length > 0 ? ['answered again', 'anew'] : ['answered again', 'asked again', 'anew']
    for (const [at, text] of payloads.entries()) {
      put(text)
      if (expected === undefined) {
        await draw('anew')
        await pause(20)
        expected = fieldsIn(texts())
      } else {
        await draw(ways[0]!)
        let left = lacks(ways[0]!)
        while (left.length > 0 && ways.length > 1) {
          ways.shift()
          await draw(ways[0]!)
          left = lacks(ways[0]!)
        }
        for (let tries = 0; left.length > 0 && tries < 60; tries += 1) {
          await pause(10)
          left = lacks(ways[0]!)
        }
        for (const field of left) missed.push([at, field])
      }
      // Some stand there for some texts only: how an expression is coloured, a hint.
      for (const place of places()) stood.add(place)
      for (const one of document.querySelectorAll(ARMED)) armed.add(`${one.outerHTML.slice(0, 200)} for ${text}`)
    }
    remembering = false
    put('')
    return { way: ways[0]!, places: [...stood], fields: [...(expected?.keys() ?? [])], missed, armed: [...armed] }
  }
  Object.assign(window, {
    tour,
    forget: () => kept.clear(),
    settle,
    type,
    armed: () => [...document.querySelectorAll(ARMED)].map((one) => one.outerHTML.slice(0, 200)),
  })
}

/** Before the app is loaded. */
export const prepareTours = (page: Page): Promise<void> => page.addInitScript(install).then(() => undefined)

/** Goes through the page with each payload; the app must be loaded. What an earlier tour was answered is forgotten. */
export const tour = (page: Page, how: Tour): Promise<Toured> =>
  page.evaluate((one) => {
    const { tour: run, forget } = window as unknown as { tour(how: Tour): Promise<Toured>; forget(): void }
    forget()
    return run(one)
  }, how)
