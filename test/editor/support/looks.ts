import type { Press } from './in-page.ts'
import { OUTSIDE, PAGES, STATES } from './places.ts'
import { rarer } from './rarer-scene.ts'
import { ordinary, type Scene } from './scene.ts'

/** Something that people see: a page in one of its states, perhaps with a dialog, a menu or the palette over it. */
export type Look = {
  readonly name: string
  /** Looks of the same scene stand together. */
  readonly state: string
  readonly scene: () => Scene
  readonly address: string
  /** What leads to it from there, one after the other. */
  readonly press: readonly Press[]
  /** Whether also the words have a payload by which the page finds its way. */
  readonly strange: boolean
  /** Whether each answer tells whatever the contract lets it tell. */
  readonly full: boolean
}

/** Pages that show steps, operations and states of what came from outside: a document, a file of the set-up, a remote. */
const STRANGE = [
  ...[
    'flow-steps',
    'flow-connections',
    'flow-schedule',
    'flow-hooks',
    'flow-kept',
    'flow-settings',
    'edit',
    'edit-step',
    'edit-outline',
  ],
  ...['compare', 'run-partly', 'run-canvas', 'exceptions', 'exception', 'unknowns', 'unknown', 'record-history', 'now'],
  ...[
    'connections',
    'connection',
    'health',
    'gallery',
    'install',
    'approval',
    'desk',
    'deleted',
    'close',
    'causes',
    'notices',
  ],
]

/** The reason stays until they are hidden again. */
const SHOW_VALUES: readonly Press[] = [
  ...[{ perhaps: '^Hide values$' }, '^Show values…', { into: '^Reason', text: 'Looks odd' }, '^Show them'],
]

/** What is laid over a page: dialogs, menus, rows that fold out, the palette; each with the buttons that lead to it. */
const OVER: readonly (readonly [page: string, ...press: Press[]])[] = [
  ['causes', 'Xero answered with status 503'],
  ['building', '^New flow'],
  ['building', '^Workspace: '],
  ['building', '^Go to anything'],
  ['desk', '^Show what differs$'],
  ['desk', '^Check '],
  ['desk', '^Sign off: '],
  ['home', '^Something looks wrong…'],
  ['now', '^Take it…'],
  ['flow-steps', '^Run now'],
  ['flow-steps', '^More$'],
  ['flow-steps', '^More$', '^Delete…$'],
  ['flow-versions', '^Roll back to this…'],
  ['flow-paused', '^Turn on again…'],
  ['flow-kept', { into: '^What does', text: 'ada@nordwind.example' }, '^Look up'],
  ['flow-backfills', '^Cancel…'],
  ['flow-kept', '^Let all go on now…'],
  ['flow-kept', '^Forget all of '],
  ['flow-hooks', '^Replace the secret…'],
  ['flow-clients', '^Add a client…'],
  ['flow-clients', '^Adopt a flow…'],
  ['flow-clients', '^Mark ', '^Push a version…', '^Try it at each'],
  ['flow-clients', '^Take back…'],
  ['flow-clients', '^Let go…'],
  ['edit', '^Test…'],
  ['edit', '^Publish…'],
  ['edit', '^Add a step$'],
  ['edit', '^Find in this flow'],
  ['edit', '^History'],
  ['edit-step', '^Input$'],
  ['edit-step', '^Output$'],
  ['edit-step', '^More to do with this step'],
  ['edit-questions', '^Add a question'],
  ['runs', '^More filters'],
  ['run-partly', '^Try the exceptions again…'],
  ['run-partly', '^Run again…'],
  ['run-partly', ...SHOW_VALUES],
  ['run-partly', { into: '^Search inside payloads', text: 'INV' }, '^Search$'],
  ['run-partly', '^Run again from this step…'],
  ['run-partly', '^See to them…'],
  ['run-running', '^Cancel run'],
  ['exceptions', '^Mark all open ones that fit'],
  ['exception', '^Try again…'],
  ['exception', '^Dismiss…'],
  [
    'exception',
    ...['^Edit and try again…', { into: '^Reason', text: 'Looks odd', perhaps: true }, { perhaps: '^Show and edit$' }],
  ] as const,
  ['flows', '^Go to anything', { into: '^Pages, flows', text: 'o' }],
  ['unknown', '^It arrived…'],
  ['unknown', '^It did not arrive…'],
  ['health', '^Change limit… of the live lane'],
  ['connection', '^Test connection'],
  ['connection', '^Note when it ends…'],
  ['connection', '^Change runs at a time…'],
  ['connection', '^Disconnect…'],
  ['approval', '^Refuse…'],
  ['approval', '^Approve…'],
  ['people', '^New password for'],
  ['people', '^Remove… .*Tom'],
  ['people', '^Sign out… .*Tom'],
  ['people', '^Turn on…'],
  ['erased', '^Lift…'],
  ['close', '^Close this workspace…'],
  ['alert-rules', '^Add a rule'],
  ['alert-rules', '^Change .*Sales'],
  ['files', '^Delete .*orders'],
  ['notices', '^Close: '],
  ['reports', '^Answer: '],
  ['account', '^Set up an authenticator app'],
  ['account', '^End the session of '],
  ['settings', '^From where '],
  ['settings', '^Revoke '],
  ['install', '^Count and compare'],
]

/** Pages that show something more where answers tell whatever they may. */
const FULL = [
  ...[
    'compare',
    'desk',
    'home',
    'flow-settings',
    'flow-versions',
    'clients',
    'approval',
    'notices',
    'settings',
    'reports',
  ],
  ...[
    'runs-more-filters',
    'run-running',
    'run-partly',
    'run-failed',
    'edit-questions',
    'edit-step',
    'install',
    'exception',
  ],
  ...['causes', 'connection-ending', 'now', 'building'],
]

/** Laid over such a page. */
const FULL_OVER: typeof OVER = [
  ['desk', '^Show the documents$'],
  ['flow-kept', { into: '^What does', text: 'ada@nordwind.example' }, '^Look up'],
  ['flow-clients', '^Mark ', '^Push a version…'],
  ['run-partly', ...SHOW_VALUES],
]

/** Laid over a page on a day on which much is that seldom is. */
const RARER_OVER: typeof OVER = [['edit-step', '^Input$']]

const say = (press: readonly Press[]): string =>
  press
    .flatMap((one) => (typeof one === 'string' ? [one] : 'into' in one ? [`${one.into} ${one.text}`] : []))
    .join(', ')

const signedOut = (): Scene => ({ ...ordinary(), signedIn: false })

/** All of them. */
export const LOOKS: readonly Look[] = [
  ...Object.entries(PAGES).map(([name, address]) => look(name, 'ordinary', ordinary, address)),
  ...OVER.map(([page, ...press]) => ({
    ...look(`${page}: ${say(press)}`, 'ordinary', ordinary, PAGES[page]!),
    press,
  })),
  ...Object.entries(STATES).flatMap(([state, { scene, pages }]) =>
    pages.map((name) => look(`${state}: ${name}`, state, scene, PAGES[name]!)),
  ),
  ...RARER_OVER.map(([page, ...press]) => ({
    ...look(`rarer: ${page}: ${say(press)}`, 'rarer', rarer, PAGES[page]!),
    press,
  })),
  ...STRANGE.map((name) => ({ ...look(`strange: ${name}`, 'strange', ordinary, PAGES[name]!), strange: true })),
  ...FULL.map((name) => ({ ...look(`full: ${name}`, 'full', ordinary, PAGES[name]!), full: true })),
  ...FULL_OVER.map(([page, ...press]) => ({
    ...look(`full: ${page}: ${say(press)}`, 'full', ordinary, PAGES[page]!),
    ...{ press, full: true },
  })),
  ...Object.entries(OUTSIDE).map(([name, address]) => look(name, `outside ${name}`, signedOut, address)),
]

/** Laid over a page, and shows fields that no page does; or is what people decide by. */
const DECIDED = [
  ...['flow-paused: ^Turn on again…', 'desk: ^Show what differs$', 'flow-steps: ^Run now', 'people: ^Remove… .*Tom'],
  ...[
    'people: ^Turn on…',
    'people: ^New password for',
    'alert-rules: ^Change .*Sales',
    'account: ^Set up an authenticator app',
  ],
  ...['home: ^Something looks wrong…', 'run-partly: ^Run again…', 'exception: ^Try again…', 'exception: ^Dismiss…'],
  ...[
    'unknown: ^It arrived…',
    'flow-clients: ^Adopt a flow…',
    'edit: ^Publish…',
    'run-partly: ^Try the exceptions again…',
    'run-partly: ^Show values…, ^Reason Looks odd, ^Show them',
    'run-partly: ^Search inside payloads INV, ^Search$',
    'flow-kept: ^What does ada@nordwind.example, ^Look up',
    'flow-clients: ^Mark , ^Push a version…, ^Try it at each',
    'full: desk: ^Show the documents$',
    'full: flow-kept: ^What does ada@nordwind.example, ^Look up',
  ],
  ...['alert-rules: ^Add a rule', 'building: ^Go to anything', 'rarer: edit-step: ^Input$'],
  ...['causes: Xero answered with status 503', 'flow-steps: ^More$, ^Delete…$'],
  ...['flow-clients: ^Mark , ^Push a version…', 'edit-step: ^Input$'],
  ...['compare', 'desk', 'flow-settings', 'approval', 'notices', 'settings'].map((page) => `full: ${page}`),
  ...[
    'flow-steps',
    'run-partly',
    'connection',
    'flow-connections',
    'compare',
    'unknown',
    'approval',
    'close',
    'causes',
  ].map((page) => `strange: ${page}`),
]

/** Each page in each state, and what together with them shows every field that is shown at all. */
export const FEWER: readonly Look[] = LOOKS.filter(
  ({ name, press, strange, full }) => (press.length === 0 && !strange && !full) || DECIDED.includes(name),
)

function look(name: string, state: string, scene: () => Scene, address: string): Look {
  return { name, state, scene, address, press: [], strange: false, full: false }
}
