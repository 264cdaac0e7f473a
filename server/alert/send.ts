import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Operation, Outcome } from '../../connectors/kit/connector.ts'
import { maskedWords } from '../../connectors/kit/personal-words.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { Connections } from '../connect/connections.ts'
import { type DueMessage, settleMessages, takeDueMessages } from '../store/alert/alert-messages.ts'
import { inWorkspace } from '../store/database/database.ts'
import type { Database } from '../store/database/schema.ts'

export type Sender = {
  readonly app: Kysely<Database>
  readonly connections: Pick<Connections, 'open'>
  /** `email.notify`, `chat.notify`. */
  operation(id: string): Operation
  /** Where people open the product, for the link; undefined: no link. */
  readonly url?: string | undefined
}

/** Messages of one turn, and how long one sending may take. */
const MOST = 200
const SENDING_MS = 30_000
/** After a clear no that may pass: the next try, doubling up to an hour; given up after as many tries. */
const AGAIN_MS = 30_000
const LONGEST_MS = 3_600_000
const MOST_TRIES = 24

/** Sends what is due: messages of one rule for one recipient go as one. */
export async function sendAlerts(sender: Sender, workspace: string): Promise<number> {
  const due = await inWorkspace(sender.app, workspace, (tx) => takeDueMessages(tx, workspace, MOST))
  const parcels = Map.groupBy(due, ({ rule, recipient, kind }) =>
    // Nothing real hides beneath a test.
    [rule, recipient.connection, recipient.address ?? '', kind === 'test'].join(' '),
  )
  for (const parcel of parcels.values()) {
    const outcome = await send(sender, workspace, parcel)
    const ids = parcel.map(({ id }) => id)
    await inWorkspace(sender.app, workspace, (tx) => settleMessages(tx, workspace, ids, outcome))
  }
  return parcels.size
}

async function send(
  sender: Sender,
  workspace: string,
  parcel: readonly DueMessage[],
): Promise<Parameters<typeof settleMessages>[3]> {
  const [{ recipient, attempts }] = parcel as [DueMessage, ...DueMessage[]] // a group is never empty
  const signal = AbortSignal.timeout(SENDING_MS)
  let left = false
  try {
    const open = await sender.connections.open(workspace, recipient.connection)
    const operation = sender.operation(`${open.connector}.notify`)
    if (operation.kind !== 'write') throw new StepError('CONFIG_INVALID', 'This connection sends no messages.')
    const { subject, text } = worded(sender, workspace, parcel.map(withoutPeople))
    // The same messages are the same mail, whoever sends them when.
    const key = `alert/${parcel.map(({ id }) => id).join('+')}`.slice(0, 200)
    const payload =
      open.connector === 'email'
        ? { key, to: recipient.address ?? '', subject, text }
        : { key, title: subject.slice(0, 150), text: text.slice(0, 3000) }
    const value = operation.prepare({}, payload)
    const context = {
      ...open.context(signal, () => {
        left = true
      }),
      settings: {},
    }
    const [outcome] = await operation.write(context, [{ key, value }], { id: randomUUID() })
    return settled(outcome)
  } catch (error) {
    // Waiting for its turn at the connection's budget, it has not left.
    if (!left && signal.aborted) return again(attempts, 'There was no turn for it in time.', 0)
    if (!(error instanceof StepError)) {
      return { state: 'unknown', error: signal.aborted ? 'It took too long. It may have arrived.' : 'It broke off.' }
    }
    if (error.dialled === 'maybe') return { state: 'unknown', error: error.message }
    if (error.reaction !== 'retry') return { state: 'failed', error: error.message }
    return again(attempts, error.message, error.retryAfterMs ?? 0)
  }
}

function again(attempts: number, error: string, leastMs: number): Parameters<typeof settleMessages>[3] {
  if (attempts >= MOST_TRIES) return { state: 'failed', error }
  const wait = Math.min(LONGEST_MS, AGAIN_MS * 2 ** Math.min(attempts - 1, 10))
  return { state: 'waiting', error, inMs: Math.max(wait, leastMs) }
}

function settled(outcome: Outcome | undefined): Parameters<typeof settleMessages>[3] {
  if (outcome?.status === 'confirmed') return { state: 'sent' }
  if (outcome?.status === 'rejected') return { state: 'failed', error: outcome.message }
  return { state: 'unknown', error: outcome?.message ?? 'No answer came.' }
}

/** Whatever a message was made of: it leaves for places where nobody has to say why they look. */
const withoutPeople = (message: DueMessage): DueMessage => ({ ...message, text: maskedWords(message.text) })

const HEADS = { open: '', resolve: 'Over: ', escalation: 'Still open: ', test: 'Test: ' } as const

/** One message as it is; several as a list under the rule's name. */
function worded(
  { url }: Sender,
  workspace: string,
  parcel: readonly DueMessage[],
): { readonly subject: string; readonly text: string } {
  const [first] = parcel as [DueMessage, ...DueMessage[]] // a group is never empty
  const link = url === undefined ? '' : `\n\n${url}/w/${workspace}/alerts`
  if (parcel.length === 1) {
    const [sentence = ''] = first.text.split('\n')
    return { subject: cut(`${HEADS[first.kind]}${sentence}`, 150), text: `${first.text}${link}` }
  }
  const texts = parcel.map(({ kind, text }) => `– ${HEADS[kind]}${text}`)
  return {
    subject: cut(`${parcel.length} messages of “${first.ruleName}”`, 150),
    text: `${cut(texts.join('\n\n'), 18_000)}${link}`,
  }
}

const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)
