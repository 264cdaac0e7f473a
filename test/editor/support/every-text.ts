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

export type Seeing = {
  /** How many go on at once, each with a page of its own; whichever is free takes the next look. */
  readonly lanes?: number
  readonly told?: (line: string) => void
  /** Is called while the last payload of a look stands on the page. */
  readonly standing?: (page: Page, look: Look) => Promise<void>
}

/** Opens each look with each of its payloads in every text field of every answer at once. */
export async function seeEveryText(
  browser: Browser,
  looks: readonly Look[],
  payloadsOf: (look: Look) => readonly string[],
  { lanes = 1, ...seeing }: Seeing = {},
): Promise<Seen> {
  const left = looks.values()
  const seen = await Promise.all(Array.from({ length: lanes }, () => seeThose(browser, left, payloadsOf, seeing)))
  const all = (what: 'missed' | 'ran' | 'reports' | 'armed') => seen.flatMap((one) => one[what])
  return {
    fields: seen[0]!.fields,
    shown: new Map(seen.flatMap((one) => [...one.shown])),
    places: new Map(seen.flatMap((one) => [...one.places])),
    texts: seen.reduce((sum, one) => sum + one.texts, 0),
    ...{ missed: all('missed'), ran: all('ran'), reports: all('reports'), armed: all('armed') },
  }
}

async function seeThose(
  browser: Browser,
  looks: Iterable<Look>,
  payloadsOf: (look: Look) => readonly string[],
  { told = () => undefined, standing = async () => undefined }: Seeing,
): Promise<Seen> {
  const { fields, marked } = createMarking(IDS)
  const stage = await openStage(ordinary())
  const ordinarily = marked(WAYS)
  const strangely = marked({})
  const opened = await openProfile(browser)
  const { page, faults } = opened
  // Some go on at once, and a page that is slow to load has not failed.
  page.setDefaultTimeout(360_000)
  const ran: string[] = []
  const reports: string[] = []
  const missed: string[] = []
  const armed: string[] = []
  const shown = new Map<string, readonly number[]>()
  const places = new Map<string, readonly string[]>()
  let texts = 0
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
      const payloads = payloadsOf(look)
      where = look.name
      const began = Date.now()
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
      shown.set(look.name, toured.fields)
      places.set(look.name, toured.places)
      texts += toured.fields.length * payloads.length
      missed.push(...toured.missed.map(([at, field]) => `${where}: ${fields[field]?.name} with ${payloads[at]}`))
      armed.push(...toured.armed.map((one) => `${where}: ${one}`))
      ran.push(...faults.splice(0).map((fault) => `${where}: ${fault}`))
      const took = `${payloads.length} payloads, ${Date.now() - began} ms, ${toured.way}`
      told(`${where}: ${toured.fields.length} fields, ${toured.missed.length} missed, ${took}`)
    }
  } finally {
    faults.splice(0)
    reports.push(...stage.reports)
    await opened.close()
    await stage.close()
  }
  return { fields, shown, places, texts, missed, ran, reports, armed }
}
