import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Operation, Outcome } from '../../connectors/kit/connector.ts'
import { maskedWords } from '../../connectors/kit/personal-words.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { Connections } from '../connect/connections.ts'
import { type DueMessage, dueParcels, type Parcel, settleMessages, takeParcel } from '../store/alert/alert-messages.ts'
import { inWorkspace } from '../store/database/database.ts'
import type { Database } from '../store/database/schema.ts'
import { dueAt } from './quiet.ts'

export type Sender = {
  readonly app: Kysely<Database>
  readonly connections: Pick<Connections, 'open'>
  /** `email.notify`, `chat.notify`. */
  operation(id: string): Operation
  /** Where people open the product, for the link; undefined: no link. */
  readonly url?: string | undefined
}

/** Messages that go as one at most; more go as a second one. */
const MOST = 200
/** How long one sending may take, and until when a turn begins another one. */
const SENDING_MS = 30_000
const TURN_MS = 20_000
/** Connections of all workspaces that are sent over at the same time: one that is slow holds up no other. */
const AT_ONCE = 16
/** After a clear no that may pass: the next try, doubling up to an hour; given up after as many tries. */
const AGAIN_MS = 30_000
const LONGEST_MS = 3_600_000
const MOST_TRIES = 24
/** What a mail and a channel take, in characters, with room for the link. */
const LONGEST_MAIL = 18_000
const LONGEST_NOTE = 2_700

type Way = { readonly workspace: string; readonly parcels: readonly Parcel[] }

/** Sends what is due in these workspaces: messages of one rule for one recipient go as one. */
export async function sendAlerts(sender: Sender, workspaces: readonly string[]): Promise<void> {
  const ways: Way[] = []
  for (const workspace of workspaces) {
    const due = await inWorkspace(sender.app, workspace, (tx) => dueParcels(tx, workspace))
    const byConnection = Map.groupBy(due, ({ recipient }) => recipient.connection)
    ways.push(...[...byConnection.values()].map((parcels) => ({ workspace, parcels })))
  }
  const until = performance.now() + TURN_MS
  const next = ways.values()
  const failures: unknown[] = []
  const carry = async () => {
    for (const way of next) await sendOver(sender, way, until).catch((error: unknown) => failures.push(error))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, carry))
  if (failures.length > 0) throw failures[0]
}

/** One after the other. What is taken is in hand at once, so that a process that dies leaves little in doubt. */
async function sendOver(sender: Sender, { workspace, parcels }: Way, until: number): Promise<void> {
  for (const parcel of parcels) {
    if (performance.now() > until) return
    const messages = await inWorkspace(sender.app, workspace, (tx) => takeParcel(tx, workspace, parcel, MOST))
    if (messages.length === 0) continue
    const { outcome, unheard } = await send(sender, workspace, messages)
    const ids = messages.map(({ id }) => id)
    await inWorkspace(sender.app, workspace, (tx) => settleMessages(tx, workspace, ids, outcome))
    // Away or overloaded: the others would only wait for the same. They are due at the next turn.
    if (unheard) return
  }
}

type Settling = Parameters<typeof settleMessages>[3]

/** `unheard`: nothing of the connection is to be tried again at once. */
async function send(
  sender: Sender,
  workspace: string,
  parcel: readonly DueMessage[],
): Promise<{ readonly outcome: Settling; readonly unheard: boolean }> {
  const [first] = parcel as [DueMessage, ...DueMessage[]] // a group is never empty
  const { recipient } = first
  const signal = AbortSignal.timeout(SENDING_MS)
  let left = false
  let mail = false
  try {
    const open = await sender.connections.open(workspace, recipient.connection)
    const operation = sender.operation(`${open.connector}.notify`)
    if (operation.kind !== 'write') throw new StepError('CONFIG_INVALID', 'This connection sends no messages.')
    mail = open.connector === 'email'
    const { subject, text, link } = worded(sender, workspace, parcel.map(withoutPeople), mail)
    // The same messages are the same mail, whoever sends them when.
    const key = `alert/${parcel.map(({ id }) => id).join('+')}`.slice(0, 200)
    const payload = mail
      ? { key, to: recipient.address ?? '', subject, text: link === undefined ? text : `${text}\n\n${link}` }
      : { key, title: subject, text, ...(link === undefined ? {} : { link }) }
    const value = operation.prepare({}, payload)
    const context = {
      ...open.context(signal, () => {
        left = true
      }),
      settings: {},
    }
    const [outcome] = await operation.write(context, [{ key, value }], { id: randomUUID() })
    return { outcome: settled(outcome), unheard: false }
  } catch (error) {
    // Waiting for its turn at the connection's budget, it has not left.
    if (!left && signal.aborted) return { outcome: again(first, 'There was no turn for it in time.', 0), unheard: true }
    if (!(error instanceof StepError)) {
      const words = signal.aborted ? 'It took too long. It may have arrived.' : 'It broke off. It may have arrived.'
      return { outcome: { state: 'unknown', error: words }, unheard: signal.aborted }
    }
    const { message, reaction, dialled, status, retryAfterMs = 0 } = error
    // Whoever answers that it has failed has most likely not shown it; told twice is better than not told.
    const answered = status !== undefined && status >= 500
    if (dialled === 'maybe' && !answered) return { outcome: { state: 'unknown', error: message }, unheard: true }
    if (reaction !== 'retry') return { outcome: { state: 'failed', error: message }, unheard: false }
    // A mail server says it of one mailbox; a channel is one.
    return { outcome: again(first, message, retryAfterMs), unheard: !mail || status === undefined || status === 421 }
  }
}

/** After its wait, and not in the quiet hours. */
function again({ attempts, quiet, zone }: DueMessage, error: string, leastMs: number): Settling {
  if (attempts >= MOST_TRIES) return { state: 'failed', error: `${error} It was tried ${attempts} times.` }
  const now = Date.now()
  const wait = Math.min(LONGEST_MS, AGAIN_MS * 2 ** Math.min(attempts - 1, 10))
  const due = dueAt({ quiet, zone, digestMinutes: 0 }, new Date(now + Math.max(wait, leastMs)))
  return { state: 'waiting', error, inMs: due.getTime() - now }
}

function settled(outcome: Outcome | undefined): Settling {
  if (outcome?.status === 'confirmed') return { state: 'sent' }
  if (outcome?.status === 'rejected') return { state: 'failed', error: outcome.message }
  return { state: 'unknown', error: outcome?.message ?? 'No answer came.' }
}

/** Whatever a message was made of: it leaves for places where nobody has to say why they look. */
const withoutPeople = (message: DueMessage): DueMessage => ({ ...message, text: maskedWords(message.text) })

const HEADS = { open: '', resolve: 'Over: ', escalation: 'Still open: ', test: 'Test: ' } as const

/** One message as it is; several as a list under the rule's name. In a channel the title is not said again below it. */
function worded(
  { url }: Sender,
  workspace: string,
  parcel: readonly DueMessage[],
  mail: boolean,
): { readonly subject: string; readonly text: string; readonly link: string | undefined } {
  const [first] = parcel as [DueMessage, ...DueMessage[]] // a group is never empty
  const link = url === undefined ? undefined : `${url}/w/${workspace}/alerts`
  const most = mail ? LONGEST_MAIL : LONGEST_NOTE
  if (parcel.length === 1) {
    const [sentence = '', ...rest] = first.text.split('\n')
    const head = `${HEADS[first.kind]}${sentence}`
    const below = mail || head.length > LONGEST_SUBJECT || rest.length === 0 ? first.text : rest.join('\n')
    return { subject: cut(head, LONGEST_SUBJECT), text: cut(below, most), link }
  }
  const shown: string[] = []
  let length = 0
  for (const { kind, text } of parcel) {
    const one = cut(`– ${HEADS[kind]}${text}`, LONGEST_OF_MANY)
    length += one.length + 2
    if (length > most) break
    shown.push(one)
  }
  const left = parcel.length - shown.length
  return {
    subject: cut(`${parcel.length} messages of “${first.ruleName}”`, LONGEST_SUBJECT),
    text: [...shown, ...(left > 0 ? [`– and ${left} more, in the list of alerts`] : [])].join('\n\n'),
    link,
  }
}

const LONGEST_SUBJECT = 150
/** Each is cut for itself, so that one does not hide the others. */
const LONGEST_OF_MANY = 1_000
const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)
