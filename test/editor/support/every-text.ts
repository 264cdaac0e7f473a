import type { Browser, Page } from 'playwright-core'
import { createMarking, type Field } from './marked.ts'
import { IDS, WAYS } from './closed-keys.ts'
import { filledOut } from './filled-out.ts'
import { prepareTours, tour, type Toured } from './in-page.ts'
import type { Look } from './looks.ts'
import { openProfile } from './open-page.ts'
import { ordinary } from './scene.ts'
import { openStage } from './stage.ts'

export type Seen = {
  readonly fields: readonly Field[]
  /** By look: the numbers of the fields that it shows. */
  readonly shown: ReadonlyMap<string, readonly number[]>
  /** By look: the places in which it shows them (test/editor/support/in-page.ts). */
  readonly places: ReadonlyMap<string, readonly string[]>
  /** By look. */
  readonly tookMs: ReadonlyMap<string, number>
  /** Texts that were looked for on a page: fields × payloads, of all looks. */
  readonly texts: number
  /** Texts that should have stood on a page, and did not. */
  readonly missed: readonly string[]
  /** Scripts that ran or asked for something, dialogs that stood open, faults of the page. */
  readonly ran: readonly string[]
  /** What the browser said of the policy: on the page, and to the address that the policy names. */
  readonly reports: readonly string[]
  readonly armed: readonly string[]
}

/** Fields that no look has shown, nor any other field of the same thing in another answer, by their names. */
export function unseen({ fields, shown }: Pick<Seen, 'fields' | 'shown'>): readonly string[] {
  const like = ({ key, thing }: Field) => `${key} of ${thing}`
  const seen = new Set([...shown.values()].flat().map((number) => like(fields[number]!)))
  return fields.filter((field) => !seen.has(like(field))).map(({ name }) => name)
}

/** What one look has shown. */
export type SeenLook = Pick<Seen, 'texts' | 'missed' | 'ran' | 'reports' | 'armed'> & {
  readonly shown: readonly number[]
  readonly places: readonly string[]
  readonly tookMs: number
}

export type Seeing = {
  /** How many go on at once, each with a page of its own; whichever is free takes the next look. */
  readonly lanes?: number
  readonly told?: (line: string) => void
  /** Is called while the last payload of a look stands on the page. */
  readonly standing?: (page: Page, look: Look) => Promise<void>
  /** What was seen of a look before, which is not gone through again. */
  readonly before?: (look: Look) => SeenLook | undefined
  readonly seen?: (look: Look, what: SeenLook) => void
}

/** Opens each look with each of its payloads in every text field of every answer at once. */
export async function seeEveryText(
  browser: Browser,
  looks: readonly Look[],
  payloadsOf: (look: Look) => readonly string[],
  { lanes = 1, ...seeing }: Seeing = {},
): Promise<Seen> {
  const left = looks.values()
  const all = await Promise.all(Array.from({ length: lanes }, () => seeThose(browser, left, payloadsOf, seeing)))
  const seen = all.flatMap((lane) => [...lane.looks])
  const each = (what: 'missed' | 'ran' | 'armed' | 'reports') => seen.flatMap(([, look]) => look[what])
  return {
    fields: all[0]!.fields,
    shown: new Map(seen.map(([name, { shown }]) => [name, shown])),
    places: new Map(seen.map(([name, { places }]) => [name, places])),
    tookMs: new Map(seen.map(([name, { tookMs }]) => [name, tookMs])),
    texts: seen.reduce((sum, [, { texts }]) => sum + texts, 0),
    ...{ missed: each('missed'), ran: each('ran'), armed: each('armed') },
    reports: [...each('reports'), ...all.flatMap(({ reports }) => reports)],
  }
}

async function seeThose(
  browser: Browser,
  looks: Iterable<Look>,
  payloadsOf: (look: Look) => readonly string[],
  { told = () => undefined, standing = async () => undefined, before = () => undefined, seen }: Omit<Seeing, 'lanes'>,
): Promise<Pick<Seen, 'fields' | 'reports'> & { readonly looks: ReadonlyMap<string, SeenLook> }> {
  const { fields, marked } = createMarking(IDS)
  const stage = await openStage(ordinary())
  const ordinarily = marked(WAYS)
  const strangely = marked({})
  const opened = await openProfile(browser)
  const { page, faults } = opened
  // Some go on at once, and a page that is slow to load has not failed.
  page.setDefaultTimeout(360_000)
  const done = new Map<string, SeenLook>()
  // Of the look at hand; what comes after its end counts for the next.
  const ran: string[] = []
  const reports: string[] = []
  let where = ''
  page.on('dialog', (dialog) => {
    // The editor asks whether unsent work may be left behind: it may, and no text can open that box.
    if (dialog.type() === 'beforeunload') {
      told(`${where}: unsent work is left behind`)
      return void dialog.accept()
    }
    ran.push(`${where}: a box ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(stage.address)) ran.push(`${where}: asked for ${request.url()}`)
  })
  page.on('frameattached', () => ran.push(`${where}: a frame`))
  await page.exposeFunction('ran', () => ran.push(`${where}: a script of a text`))
  await page.exposeFunction('blocked', (what: string) => reports.push(`${where}: ${what}`))
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      ;(Reflect.get(window, 'blocked') as (what: string) => void)(`${violatedDirective} ${blockedURI}`)
    })
  })
  await prepareTours(page)
  let state = ''
  const open = async (look: Look) => {
    if (look.state === state) return
    state = ''
    stage.scene = look.scene()
    const spoil = look.strange ? strangely : ordinarily
    stage.spoil = look.full ? (schema, answer) => spoil(schema, filledOut(schema, answer)) : spoil
    // The same page with another secret behind its # would stay as it is.
    await page.goto('about:blank')
    await page.goto(`${stage.address}${look.address}`)
    await opened.settled()
    state = look.state
  }
  try {
    for (const look of looks) {
      const kept = before(look)
      if (kept) {
        done.set(look.name, kept)
        continue
      }
      const payloads = payloadsOf(look)
      where = look.name
      const began = Date.now()
      const missed: string[] = []
      const see = async (): Promise<Toured> => {
        await open(look)
        const toured = await tour(page, { address: look.address, payloads, press: look.press })
        await standing(page, look)
        return toured
      }
      const toured = await see().catch((error: unknown): Toured => {
        state = ''
        missed.push(`${where} could not be opened: ${String(error).split('\n')[0]}`)
        return { way: 'anew', places: [], fields: [], missed: [], armed: [] }
      })
      missed.push(...toured.missed.map(([at, field]) => `${where}: ${fields[field]?.name} with ${payloads[at]}`))
      ran.push(...faults.splice(0).map((fault) => `${where}: ${fault}`))
      const tookMs = Date.now() - began
      const what: SeenLook = {
        tookMs,
        ...{ shown: toured.fields, places: toured.places, texts: toured.fields.length * payloads.length, missed },
        ...{ ran: ran.splice(0), reports: reports.splice(0), armed: toured.armed.map((one) => `${where}: ${one}`) },
      }
      done.set(look.name, what)
      seen?.(look, what)
      const took = `${payloads.length} payloads, ${tookMs} ms, ${toured.way}`
      told(`${where}: ${toured.fields.length} fields, ${missed.length} missed, ${took}`)
    }
  } finally {
    faults.splice(0)
    reports.push(...ran, ...stage.reports)
    await opened.close()
    await stage.close()
  }
  return { fields, looks: done, reports }
}
