import { afterAll, beforeAll, expect, test } from 'vitest'
import { webhook } from '../../connectors/chat/connection.ts'
import { chat } from '../../connectors/chat/index.ts'
import { none } from '../../connectors/email/connection.ts'
import { email } from '../../connectors/email/index.ts'
import { type MailServer, startMail } from '../../connectors/email/sandbox/mail-server.ts'
import { readMail } from '../../connectors/email/sandbox/read-mail.ts'
import type { Connector, Context } from '../../connectors/kit/connector.ts'
import { visibleLine, visibleText } from '../../connectors/kit/visible-text.ts'
import { mailBy } from '../../server/mail.ts'
import { weeklyLetter } from '../../server/weekly/letter.ts'
import { operationOf, settingsOf } from '../connectors/support/accounts.ts'
import { type Opened, openConnection } from '../connectors/support/open.ts'
import { type Remote, startRemote } from '../connectors/support/remote.ts'
import { PAYLOADS } from '../editor/support/hostile.ts'

// AB-61 for what leaves the product: whatever stands in a name or in the words of a remote is text in a mail and in a
// channel, calls nobody, leads nowhere, and begins no line of a letter.

/** What mails and channels have been made to do beyond what a page can. */
const CALLS = [
  ...['<!channel>', '<!here|here>', '<!everyone>', '<@U024BE7LH>', '<#C024BE7LR|general>', '<!subteam^S1|@finance>'],
  ...[
    '<https://evil.example|https://tieline.test>',
    '<mailto:eve@evil.example|Ada>',
    '&lt;!channel&gt;',
    '&amp;lt;!here&amp;gt;',
  ],
  ...[
    '[https://tieline.test](https://evil.example)',
    '![x](https://evil.example/x.png)',
    '[a]: https://evil.example',
    '[a][b]',
  ],
  ...[
    '<at>Ada</at>',
    '@everyone',
    '**bold** __under__ ~~gone~~ `code`',
    '# Heading',
    '1. one',
    '- one',
    '> quoted',
    '| a | b |',
  ],
  ...[
    '\\[a](https://evil.example)',
    '\\\\[a](https://evil.example)',
    '```\ncode\n```',
    'a\n---\nb',
    '<https://evil.example>',
  ],
  ...['over\r\nBcc: eve@evil.example', 'over\nBcc: eve@evil.example\n\nAll is well.', 'over\rTo: eve@evil.example'],
  ...[
    'over\r\n.\r\nMAIL FROM:<eve@evil.example>',
    '=?utf-8?q?=0D=0ABcc:_eve@evil.example?=',
    'over\u2028Bcc: eve@evil.example',
  ],
  ...[
    'over\u0085Bcc: eve@evil.example',
    'over\u0000Bcc: eve@evil.example',
    '\u202eelpmaxe.live//:sptth',
    '\u2066a\u2069',
  ],
]
const TEXTS = [...CALLS, ...PAYLOADS]

let mail: MailServer
let channel: Remote
const opened: Opened[] = []
beforeAll(async () => {
  mail = await startMail()
  channel = await startRemote((_, response) => response.end('ok'))
})
afterAll(async () => {
  for (const one of opened) await one.close()
  await mail.close()
  await channel.close()
})

function open(connector: Connector, connection: { readonly [setting: string]: unknown }): Opened {
  const login = connector === chat ? webhook : none
  const secrets: { readonly [name: string]: string } = connector === chat ? { url: `${channel.url}/hook` } : {}
  const one = openConnection({ connector, login, secrets, connection })
  opened.push(one)
  return one
}

async function notify(connector: Connector, to: Opened, payload: { readonly [field: string]: unknown }): Promise<void> {
  const operation = operationOf(connector, 'notify', 'write')
  const settings = settingsOf(operation)
  const value = operation.prepare(settings as never, { key: 'k', ...payload })
  const items = [{ key: 'k', value }]
  expect(await operation.write(to.context(settings) as Context<never>, items, { id: 'call' })).toEqual([
    { status: 'confirmed' },
  ])
}

const toldNow = () => JSON.parse(channel.received.splice(0).at(-1)?.body ?? '')
/** Of each text that is in a message, with what kind it says it is. */
function* textsOf(part: unknown): Generator<{ readonly type: unknown; readonly text: string }> {
  if (typeof part !== 'object' || part === null) return
  const { type, text } = part as { readonly type?: unknown; readonly text?: unknown }
  if (typeof text === 'string') yield { type, text }
  for (const below of Object.values(part)) yield* textsOf(below)
}

test('Slack shows each of them as it is: no mention, no link, no mark-up', async () => {
  const slack = open(chat, { kind: 'slack', address: channel.url })
  for (const text of TEXTS) {
    await notify(chat, slack, { title: text, text })
    const { text: read, blocks } = toldNow()
    // Read as mark-up: the signs that begin any are written out, and what is read back is the text.
    expect(read).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
    const back = read.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
    expect(back).toBe(visibleLine(text))
    const shown = [...textsOf(blocks)]
    expect(shown.every(({ type }) => type === 'plain_text')).toBe(true)
    expect(shown.map((one) => one.text)).toEqual([visibleLine(text), visibleText(text)])
  }
}, 180_000)

test('Teams shows each of them as it is: every sign of Markdown is taken for itself', async () => {
  const teams = open(chat, { kind: 'teams', address: channel.url })
  for (const text of TEXTS) {
    await notify(chat, teams, { title: text, text })
    const message = toldNow()
    const { body, actions } = message.attachments[0].content
    expect(actions).toBeUndefined()
    for (const [at, block] of body.entries()) {
      // What is left without what a backslash stands before.
      expect(block.text.replace(/\\[\\`*_{}[\]()#+\-.!<>|~]/g, '')).not.toMatch(/[\\`*_{}[\]()#+\-!<>|~]/)
      const back = block.text.replace(/\\([\\`*_{}[\]()#+\-.!<>|~])/g, '$1')
      expect(back).toBe(at === 0 ? visibleLine(text) : visibleText(text))
    }
    // A mention is an entity of the card, which no text of it can make.
    expect(JSON.stringify(message)).not.toContain('"msteams"')
  }
}, 180_000)

test('the link of a notice leads where it says, or is refused', async () => {
  const slack = open(chat, { kind: 'slack', address: channel.url })
  const teams = open(chat, { kind: 'teams', address: channel.url })
  for (const text of TEXTS) {
    for (const link of [text, `https://tieline.test/${text}`]) {
      if (!/^https?:/.test(link)) {
        const operation = operationOf(chat, 'notify', 'write')
        expect(() => operation.prepare({} as never, { key: 'k', text: 'x', link }), link).toThrow('http or https')
        continue
      }
      await notify(chat, slack, { text: 'x', link })
      const [{ text: marked }] = toldNow().blocks.at(-1).elements
      expect(marked).toMatch(/^<https:\/\/tieline\.test\/[^<>|\s]*\|Open>$/)
      await notify(chat, teams, { text: 'x', link })
      const [{ url }] = toldNow().attachments[0].content.actions
      expect(new URL(url).origin).toBe('https://tieline.test')
    }
  }
}, 180_000)

const OWN = ['from', 'to', 'subject', 'message-id', 'date', 'mime-version', 'content-type', 'content-transfer-encoding']

test('a mail of a flow has each of them in its text, and no header of theirs', async () => {
  for (const text of TEXTS) {
    mail.received.length = 0
    const to = open(email, {
      ...{ host: '127.0.0.1', port: mail.port, security: 'none' },
      from: 'a@b.example',
      fromName: text,
    })
    await notify(email, to, { to: 'ada@example.com', subject: text, text })
    expect(mail.received).toMatchObject([{ from: 'a@b.example', to: ['ada@example.com'] }])
    const { headers, text: read } = readMail(mail.received[0]!.raw)
    expect(Object.keys(headers).sort()).toEqual([...OWN, 'auto-submitted'].sort())
    expect(headers['content-type']).toMatch(/^text\/plain/)
    expect(headers.from).toMatch(/<a@b\.example>$/)
    expect(read.replaceAll('\r\n', '\n').trim()).toBe(visibleText(text).trim())
  }
}, 360_000)

test('a letter of ours has each of them in its text, and no header of theirs', async () => {
  const ours = mailBy(`smtp://127.0.0.1:${mail.port}`, 'tieline@example.com')
  for (const text of TEXTS) {
    mail.received.length = 0
    await ours.send({ to: 'ada@example.com', subject: `“${text}” is being closed`, text })
    expect(mail.received).toMatchObject([{ from: 'tieline@example.com', to: ['ada@example.com'] }])
    const { headers } = readMail(mail.received[0]!.raw)
    expect(Object.keys(headers).sort()).toEqual([...OWN].sort())
    expect(headers['content-type']).toMatch(/^text\/plain/)
  }
}, 360_000)

test('no name begins a line of the weekly letter', () => {
  const letter = (text: string) =>
    weeklyLetter({
      ...{ name: text, workspace: { id: 'w', name: text }, doubts: 0, url: 'https://tieline.test' },
      automations: [
        {
          ...{ flow: 'f', name: text, sentence: text, health: 'needs-you', week: { read: 1, sent: 1 } },
          needs: [{ kind: 'answers', yours: true, message: text, connection: null }],
        } as never,
      ],
    })
  const lines = (text: string) => letter(text).text.split(/[\n\r\u0085\u2028\u2029]/).length
  for (const text of TEXTS) {
    expect(lines(text), text).toBe(lines('Sales'))
    expect(letter(text).subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
  }
})
