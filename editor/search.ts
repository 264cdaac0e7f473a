import { SIGN_IN_FAILURES } from '../server/contract/sign-in-failures.ts'

// What may stand in the address of each page after the question mark. Anything else is dropped, so that an old or a
// mistyped address still opens.

type Raw = { readonly [name: string]: unknown }

const text = (raw: Raw, name: string): string | undefined => {
  const value = raw[name]
  // The router reads bare numbers as numbers.
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

const whole = (raw: Raw, name: string): number | undefined => {
  const value = Number(raw[name] ?? Number.NaN)
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

const oneOf = <Name extends string>(raw: Raw, name: string, allowed: readonly Name[]): Name | undefined =>
  allowed.find((value) => value === raw[name])

/** Those of the names that are allowed, each once, in the order of `allowed`, with commas between them. */
const someOf = (raw: Raw, name: string, allowed: readonly string[]): string | undefined => {
  const asked = text(raw, name)?.split(',') ?? []
  const known = allowed.filter((value) => asked.includes(value))
  return known.length > 0 ? known.join(',') : undefined
}

/** A day of the calendar: 2026-11-28. */
const day = (raw: Raw, name: string): string | undefined => {
  const value = text(raw, name)
  return value !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : undefined
}

const fault = (raw: Raw): string | undefined => {
  const value = text(raw, 'fault')
  return value !== undefined && /^[0-9a-f]{16}$/.test(value) ? value : undefined
}

/**
 * What a page gets of its address. What is not allowed is there as undefined: the router lets a page have whatever stands
 * in the address under a name that nothing is said of.
 */
const present = <Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> | undefined } => fields

/** Whether an address chooses anything of a list: what is there as undefined chooses nothing. */
export const isNarrowed = (search: object): boolean => Object.values(search).some((value) => value !== undefined)

export const RUN_STATES = [
  'queued',
  'running',
  'waiting',
  'paused',
  'succeeded',
  'partly',
  'failed',
  'cancelled',
] as const
export const EXCEPTION_AGES = ['day', 'week', 'older'] as const
export const EXCEPTION_STATES = ['open', 'retrying', 'resolved', 'dismissed'] as const
export const FLEET_STATES = ['red', 'amber', 'green', 'off'] as const
/** By which the list of clients is in order; nothing: gravest first. */
export const FLEET_SORTS = ['name', 'state', 'exceptions', 'last'] as const
export const DESKS = ['finance', 'marketing', 'technical'] as const
export const RUN_CAUSES = ['manual', 'schedule', 'hook', 'retry', 'rerun', 'backfill', 'resync', 'waited'] as const
/** How far back, counted from when the page is opened. */
export const RUN_SINCE = ['hour', 'day', 'week', 'month'] as const
export const FLOW_TABS = [
  'steps',
  'connections',
  'versions',
  'runs',
  'backfills',
  'schedule',
  'hooks',
  'settings',
  'kept',
  'clients',
] as const

export const STEP_TABS = ['input', 'settings', 'output'] as const
export type StepTab = (typeof STEP_TABS)[number]
export const EDIT_PANELS = ['add', 'find', 'problems', 'history', 'notes', 'questions'] as const
export type EditPanel = (typeof EDIT_PANELS)[number]

export const signIn = (raw: Raw) => present({ to: inside(text(raw, 'to')), sso: text(raw, 'sso') })
/** Why single sign-on led to nothing. */
export const failed = (raw: Raw) => present({ sso: text(raw, 'sso') })
export const setUp = (raw: Raw) => present({ token: text(raw, 'token') })
export const flows = (raw: Raw) => present({ find: text(raw, 'find') })
export const flow = (raw: Raw) =>
  present({
    tab: oneOf(raw, 'tab', FLOW_TABS),
    version: whole(raw, 'version'),
    step: text(raw, 'step'),
    hook: text(raw, 'hook'),
    event: text(raw, 'event'),
  })
/** The editor: `field` is the setting to go to, `show` the outline instead of the canvas. */
export const edit = (raw: Raw) =>
  present({
    step: text(raw, 'step'),
    tab: oneOf(raw, 'tab', STEP_TABS),
    field: text(raw, 'field'),
    show: oneOf(raw, 'show', ['outline', 'canvas'] as const),
    panel: oneOf(raw, 'panel', EDIT_PANELS),
    sample: text(raw, 'sample'),
    /** A dialog that is open from the beginning. */
    ask: oneOf(raw, 'ask', ['publish'] as const),
  })
export const canvas = (raw: Raw) => present({ step: text(raw, 'step') })
/** Two versions side by side: numbers, `live` or `draft`. */
export const compare = (raw: Raw) =>
  present({
    a: text(raw, 'a'),
    b: text(raw, 'b'),
    change: text(raw, 'change'),
    moved: oneOf(raw, 'moved', ['show'] as const),
  })
export const runs = (raw: Raw) =>
  present({
    flow: text(raw, 'flow'),
    version: whole(raw, 'version'),
    /** One or more, with commas between them. */
    state: someOf(raw, 'state', RUN_STATES),
    cause: oneOf(raw, 'cause', RUN_CAUSES),
    backfill: text(raw, 'backfill'),
    since: oneOf(raw, 'since', RUN_SINCE),
    from: day(raw, 'from'),
    to: day(raw, 'to'),
    /** Seconds at least, and less than. */
    longer: whole(raw, 'longer'),
    shorter: whole(raw, 'shorter'),
    key: text(raw, 'key'),
    code: text(raw, 'code'),
    /** What failed runs have in common, as “Right now” names it. */
    fault: fault(raw),
    /** Stands in why they failed. */
    text: text(raw, 'text'),
    by: text(raw, 'by'),
    dry: oneOf(raw, 'dry', ['only', 'none'] as const),
  })
export type RunsSearch = ReturnType<typeof runs>
export const run = (raw: Raw) =>
  present({
    step: text(raw, 'step'),
    batch: whole(raw, 'batch'),
    show: text(raw, 'show'),
    record: whole(raw, 'record'),
  })
export const exceptions = (raw: Raw) =>
  present({
    state: oneOf(raw, 'state', EXCEPTION_STATES),
    desk: oneOf(raw, 'desk', DESKS),
    flow: text(raw, 'flow'),
    run: text(raw, 'run'),
    code: text(raw, 'code'),
    node: text(raw, 'node'),
    /** The words it was refused with, as causes name them. */
    fault: fault(raw),
    assigned: oneOf(raw, 'assigned', ['me', 'nobody'] as const),
    age: oneOf(raw, 'age', EXCEPTION_AGES),
    key: text(raw, 'key'),
    text: text(raw, 'text'),
  })
export const causes = (raw: Raw) =>
  present({ desk: oneOf(raw, 'desk', DESKS), whose: oneOf(raw, 'whose', ['me', 'nobody'] as const) })
export const clients = (raw: Raw) =>
  present({
    find: text(raw, 'find'),
    state: oneOf(raw, 'state', FLEET_STATES),
    sort: oneOf(raw, 'sort', FLEET_SORTS),
    turned: oneOf(raw, 'turned', ['yes'] as const),
  })
export const unknowns = (raw: Raw) =>
  present({ flow: text(raw, 'flow'), run: text(raw, 'run'), connection: text(raw, 'connection') })
export const audit = (raw: Raw) => present({ action: text(raw, 'action'), actor: text(raw, 'actor') })
export const records = (raw: Raw) => present({ key: text(raw, 'key') })
export const newConnection = (raw: Raw) => present({ connector: text(raw, 'connector'), login: text(raw, 'login') })
/** The way back from a remote's sign-in page was refused: no connection is named, as nobody knows which one was meant. */
export const refused = (raw: Raw) => present({ refused: oneOf(raw, 'refused', ['yes'] as const) })
/** Both are set by the way back from a remote's sign-in page. */
export const connection = (raw: Raw) =>
  present({ signedIn: oneOf(raw, 'signedIn', ['yes'] as const), error: oneOf(raw, 'error', SIGN_IN_FAILURES) })

/** A way back after sign-in leads to a page of this app, never to another site. */
export function inside(address: string | undefined): string | undefined {
  return address !== undefined && /^\/(?![/\\])/.test(address) ? address : undefined
}

export const notices = (raw: Raw) =>
  present({ state: oneOf(raw, 'state', ['closed'] as const), desk: oneOf(raw, 'desk', DESKS) })

export const reports = (raw: Raw) => present({ state: oneOf(raw, 'state', ['closed'] as const) })

export const ALERT_TABS = ['inbox', 'rules', 'sent'] as const
export const alerts = (raw: Raw) => present({ tab: oneOf(raw, 'tab', ALERT_TABS) })

/** A month: 2026-10. */
const month = (raw: Raw, name: string): string | undefined => {
  const value = text(raw, name)
  return value !== undefined && /^2[01]\d{2}-(?:0[1-9]|1[0-2])$/.test(value) ? value : undefined
}
export const desk = (raw: Raw) => present({ period: month(raw, 'period') })
