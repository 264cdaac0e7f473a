import { afterEach, expect, test } from 'vitest'
import { webhook } from '../../../connectors/chat/connection.ts'
import { chat } from '../../../connectors/chat/index.ts'
import type { Context } from '../../../connectors/kit/connector.ts'
import { operationOf, settingsOf } from '../support/accounts.ts'
import { type Opened, openConnection } from '../support/open.ts'
import { type Answering, rejection, type Remote, startRemote } from '../support/remote.ts'

const NOTIFY = operationOf(chat, 'notify', 'write')
const PATH = '/services/T000/B000/secret-of-the-webhook'
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function channel(kind: string, answer: Answering = (_, response) => response.end('ok')) {
  const remote = await startRemote(answer)
  closing.push(remote.close)
  return { remote, at: at(kind, remote) }
}

function at(kind: string, remote: Remote, url = `${remote.url}${PATH}`): Opened {
  const connection = { kind, address: remote.url }
  const opened = openConnection({ connector: chat, login: webhook, secrets: { url }, connection })
  closing.push(opened.close)
  return opened
}

function post(opened: Opened, payload: { readonly [field: string]: unknown }) {
  const settings = settingsOf(NOTIFY)
  const value = NOTIFY.prepare(settings as never, payload)
  const items = [{ key: NOTIFY.key(settings as never, value), value }]
  return NOTIFY.write(opened.context(settings) as Context<never>, items, { id: 'call' })
}

const HOSTILE = '<!channel> *bold* [click](http://evil.example) <https://evil.example|here> & @all \u202Etxt.exe\u0007'

test('Slack is told in plain text: no mention, no link, no mark-up', async () => {
  const { remote, at: opened } = await channel('slack')
  expect(await post(opened, { key: 'k', title: 'Over\ndue', text: HOSTILE })).toEqual([{ status: 'confirmed' }])
  const [told] = remote.received
  expect(told?.url.pathname).toBe(PATH)
  expect(JSON.parse(told?.body ?? '')).toEqual({
    text: 'Over due',
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: 'Over due', emoji: false } },
      {
        type: 'section',
        text: {
          type: 'plain_text',
          text: '<!channel> *bold* [click](http://evil.example) <https://evil.example|here> & @all txt.exe',
          emoji: false,
        },
      },
    ],
  })
  await post(opened, { key: 'k', text: '<!channel> & more' })
  expect(JSON.parse(remote.received[1]?.body ?? '').text).toBe('&lt;!channel&gt; &amp; more')
})

test('Teams is told in a card whose text is no Markdown, and others as it is', async () => {
  const { remote, at: opened } = await channel('teams', (_, response) => response.writeHead(202).end())
  await post(opened, { key: 'k', text: '**bold** [click](http://evil.example)' })
  const { attachments } = JSON.parse(remote.received[0]?.body ?? '')
  expect(attachments[0].content.body).toEqual([
    { type: 'TextBlock', text: '\\*\\*bold\\*\\* \\[click\\]\\(http://evil\\.example\\)', wrap: true },
  ])
  await post(at('plain', remote), { key: 'k', text: 'INV-1 is <overdue>' })
  expect(JSON.parse(remote.received[1]?.body ?? '')).toEqual({ key: 'k', title: '', text: 'INV-1 is <overdue>' })
})

test('where people can look further is a link, and only that', async () => {
  const { remote, at: opened } = await channel('slack')
  const link = 'https://tieline.test/w/1/alerts?a=1&b=<x>|y'
  for (const to of [opened, at('teams', remote), at('plain', remote)]) await post(to, { key: 'k', text: 't', link })
  const [slack, teams, plain] = remote.received.map(({ body }) => JSON.parse(body))
  const safe = 'https://tieline.test/w/1/alerts?a=1&b=%3Cx%3E%7Cy'
  expect(slack.blocks.at(-1)).toEqual({
    type: 'context',
    elements: [{ type: 'mrkdwn', text: `<${safe.replace('&', '&amp;')}|Open>`, verbatim: true }],
  })
  expect(teams.attachments[0].content.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Open', url: safe }])
  expect(plain.link).toBe(safe)
  await expect(async () => post(opened, { key: 'k', text: 't', link: 'javascript:alert(1)' })).rejects.toThrow(
    'http or https',
  )
})

test('the address is a secret: no trace shows it, and one on another host gets nothing', async () => {
  const { remote, at: opened } = await channel('slack', (_, response) => response.writeHead(404).end('no_service'))
  const error = await rejection(post(opened, { key: 'k', text: 't' }))
  expect(error).toMatchObject({
    code: 'LOGIN_REFUSED',
    dialled: 'no',
    message: expect.stringContaining('make another'),
  })
  expect(opened.exchanges).toHaveLength(1)
  expect(JSON.stringify([opened.exchanges, String(error)])).not.toContain('secret-of-the-webhook')

  const other = await startRemote((_, response) => response.end())
  closing.push(other.close)
  const moved = at('slack', remote, `${other.url}${PATH}`)
  expect(await rejection(post(moved, { key: 'k', text: 't' }))).toMatchObject({ code: 'EGRESS_BLOCKED' })
  expect(other.received).toEqual([])
  expect(await chat.test(moved.context({}))).toMatchObject([{ ok: false }])
  expect(await chat.test(opened.context({}))).toMatchObject([{ ok: true }])
})

test('a lost answer is not sent again by itself, and quiet runs leave it out', async () => {
  const { at: opened } = await channel('slack', (_, response) => response.destroy())
  expect(await rejection(post(opened, { key: 'k', text: 't' }))).toMatchObject({ dialled: 'maybe' })
  expect(NOTIFY).toMatchObject({ effect: 'unsafe', announces: true, policies: ['once-per-key'] })
})
