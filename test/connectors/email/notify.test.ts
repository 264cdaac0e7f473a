import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { contactReference, EMAIL } from '../../../connectors/emarsys/field/keys.ts'
import { none, password } from '../../../connectors/email/connection.ts'
import { email } from '../../../connectors/email/index.ts'
import type { Context, Outcome } from '../../../connectors/kit/connector.ts'
import { createWire } from '../../../server/connect/wire.ts'
import { operationOf, settingsOf } from '../support/accounts.ts'
import { type MailOptions, type MailServer, startMail } from '../../../connectors/email/sandbox/mail-server.ts'
import { readMail } from '../../../connectors/email/sandbox/read-mail.ts'
import { type Opened, openConnection } from '../support/open.ts'
import { rejection } from '../support/remote.ts'

const NOTIFY = operationOf(email, 'notify', 'write')
const LOGIN = { user: 'tieline', password: 'word-of-the-mailer' }
const MAIL = { key: 'INV-1-overdue', to: 'ada@example.com', subject: 'Overdue', text: 'INV-1 is overdue.' }
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function server(options?: MailOptions): Promise<MailServer> {
  const mail = await startMail(options)
  closing.push(mail.close)
  return mail
}

function at({ port }: MailServer, more: { readonly [name: string]: unknown } = {}, secrets = {}): Opened {
  const connection = { host: '127.0.0.1', port, security: 'none', from: 'books@tieline.example', ...more }
  const opened = openConnection({
    ...{ connector: email, connection, secrets },
    login: Object.keys(secrets).length > 0 ? password : none,
  })
  closing.push(opened.close)
  return opened
}

function send(opened: Opened, payload: { readonly [field: string]: unknown } = MAIL): Promise<readonly Outcome[]> {
  const settings = settingsOf(NOTIFY)
  const value = NOTIFY.prepare(settings as never, payload)
  const items = [{ key: NOTIFY.key(settings as never, value), value }]
  return NOTIFY.write(opened.context(settings) as Context<never>, items, { id: 'call' })
}

const HOSTILE = 'Überfällig ✓ \u202Egnp.exe\r\nBcc: eve@evil.example\r\n\r\nsee <https://evil.example>\u0000'

test('a mail is plain text, in any letters, and no field of it can grow a header', async () => {
  const mail = await server()
  const opened = at(mail, { fromName: 'Büro "A"\r\nBcc: eve@evil.example' })
  const text = `${HOSTILE}\n.\nQUIT\n.. ${'ä'.repeat(1200)}`
  expect(await send(opened, { ...MAIL, subject: HOSTILE, text, replyTo: 'desk@exämple.org' })).toEqual([
    { status: 'confirmed' },
  ])
  const [got] = mail.received
  expect(got).toMatchObject({ from: 'books@tieline.example', to: ['ada@example.com'] })
  const { headers, text: read } = readMail(got!.raw)
  expect(headers.subject).toBe('Überfällig ✓ gnp.exe Bcc: eve@evil.example see <https://evil.example>')
  expect(headers).toMatchObject({ 'auto-submitted': 'auto-generated', 'reply-to': 'desk@xn--exmple-cua.org' })
  expect(headers['content-type']).toMatch(/^text\/plain/)
  expect(Object.keys(headers)).not.toContain('bcc')
  expect(headers.from).toContain('<books@tieline.example>')
  // A line of one dot would end the mail, and what follows be taken for commands.
  expect(read.replaceAll('\r\n', '\n')).toContain('\n.\nQUIT\n.. ää')
  expect(opened.exchanges).toMatchObject([{ method: 'SMTP', status: 250, url: expect.stringContaining('127.0.0.1') }])
})

test.each([
  'eve@evil.example\r\nRCPT TO:<x@example.com>',
  'a@example.com, b@example.com',
  'Ada <ada@example.com>',
  'ada@example.com>\u0000',
  '"a b"@example.com',
  'ada@localhost',
  'ada',
  `${'a'.repeat(65)}@example.com`,
])('“%s” is no recipient', (to) => {
  expect(() => NOTIFY.prepare({} as never, { ...MAIL, to })).toThrow(/no e-mail address/)
})

test.each([
  { to: { path: '/etc/passwd' } },
  { to: [['ada@example.com']] },
  { text: { path: '/etc/passwd' } },
  { subject: [] },
])('what is no text is no mail: %j', (more) => {
  // The mail library would read a file for it.
  expect(() => NOTIFY.prepare({} as never, { ...MAIL, ...more })).toThrow(/no e-mail address|needs a subject/)
})

test('one mail goes to each recipient once; many of them do not see one another', async () => {
  const mail = await server()
  await send(at(mail), { ...MAIL, to: ['ada@example.com', 'Ada@Example.com', 'ben@bücher.example'] })
  expect(mail.received[0]?.to).toEqual(['Ada@example.com', 'ben@bücher.example'])
  expect(readMail(mail.received[0]!.raw).headers.to).toContain('ben@xn--bcher-kva.example')
  const all = Array.from({ length: 100 }, (_, n) => `person-${n}@example.com`)
  await send(at(mail), { ...MAIL, to: all })
  expect(mail.received[1]?.to).toEqual(all)
  expect(mail.received[1]?.raw).not.toContain('person-7@')
})

test('who was erased in Emarsys is known here by the same name', () => {
  const subjects = (to: unknown) => {
    if (NOTIFY.kind !== 'write') throw new Error('no write')
    return NOTIFY.subjects!({} as never, NOTIFY.prepare({} as never, { ...MAIL, to }))
  }
  expect(subjects('Ada@Example.com')).toEqual([contactReference(EMAIL, ' ADA@example.com ')])
  const both = subjects(['ada@example.com', 'ben@bücher.example'])
  for (const written of ['ada@example.com', 'ben@bücher.example', 'ben@xn--bcher-kva.example']) {
    expect(both).toContainEqual(contactReference(EMAIL, written))
  }
})

test('a refused recipient: nobody has it, or a person is told who has it and who has not', async () => {
  const mail = await server()
  const refused = await rejection(send(at(mail), { ...MAIL, to: 'nobody@example.com' }))
  expect(refused).toMatchObject({ code: 'RECORD_REFUSED', reaction: 'reject', dialled: 'no' })
  expect(String(refused)).toContain('nobody@example.com: 550 5.1.1 No such user here')
  expect(mail.received).toEqual([])
  const [partly] = await send(at(mail), { ...MAIL, to: ['ada@example.com', 'nobody@example.com'] })
  expect(partly).toMatchObject({ status: 'unknown' })
  expect((partly as { message: string }).message).toMatch(/went to ada@example.com, but not to nobody@example.com/)
  expect(mail.received).toHaveLength(1)
})

test.each([
  [{ at: 'rcpt', code: 450, text: '4.7.1 Greylisted' }, 'RATE_LIMITED'],
  [{ at: 'content', code: 421, text: '4.7.0 Too many mails' }, 'RATE_LIMITED'],
  [{ at: 'rcpt', code: 452, text: '4.2.2 Mailbox full' }, 'REMOTE_DOWN'],
  [{ at: 'content', code: 451, text: '4.3.0 Try again' }, 'REMOTE_DOWN'],
  [{ at: 'content', code: 554, text: '5.7.1 Spam' }, 'RECORD_REFUSED'],
  [{ at: 'mail', code: 553, text: '5.7.1 Not your address' }, 'PERMISSION_MISSING'],
] as const)('an answer %o has not sent it: %s', async (mishap, code) => {
  const mail = await server()
  mail.arm(mishap)
  const opened = at(mail)
  expect(await rejection(send(opened))).toMatchObject({ code, dialled: 'no', status: mishap.code })
  expect(mail.received).toEqual([])
  // The same mail again has the same id: whoever has it already knows it.
  await send(opened)
  await send(opened)
  const ids = mail.received.map(({ raw }) => readMail(raw).headers['message-id'])
  expect(ids[0]).toMatch(/^<[0-9a-f]{40}@tieline\.example>$/)
  expect(new Set(ids).size).toBe(1)
})

test.each(['cut', 'cut-after', 'garbage'] as const)('with “%s” nobody knows whether it arrived', async (mishap) => {
  const mail = await server()
  mail.arm({ at: mishap })
  expect(await rejection(send(at(mail)))).toMatchObject({ dialled: 'maybe' })
  expect(NOTIFY).toMatchObject({ effect: 'unsafe', announces: true, policies: ['once-per-key'] })
  expect(NOTIFY.kind === 'write' && NOTIFY.probe).toBeUndefined()
})

test('a server that says nothing is not waited for longer than a call may take', async () => {
  const mail = await server()
  mail.arm({ at: 'silence' })
  const opened = at(mail)
  const context = opened.context({})
  const wire = createWire({
    ...{ hosts: [`127.0.0.1:${mail.port}`], allow: new Set([`127.0.0.1:${mail.port}`]), secrets: {} },
    ...{
      signal: context.signal,
      totalMs: 400,
      budget: { take: async () => () => undefined, observe: () => undefined },
    },
  })
  const [value] = [NOTIFY.prepare({} as never, MAIL)]
  const items = [{ key: 'k', value }]
  const error = await rejection(NOTIFY.write({ ...context, wire } as Context<never>, items, { id: 'call' }))
  expect(error).toMatchObject({ code: 'TIMED_OUT', dialled: 'maybe' })
})

test('the password: only to the connection’s server, only encrypted, in no message', async () => {
  const mail = await server({ login: LOGIN })
  expect(await rejection(send(at(mail, {}, LOGIN)))).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(await rejection(send(at(mail, { security: 'starttls' }, LOGIN)))).toMatchObject({ dialled: 'no' })
  expect(mail.tried).toEqual([])
  const allowed = createWire({
    ...{ hosts: ['mail.example.com:25'], allow: new Set<string>(), secrets: {}, signal: AbortSignal.timeout(15_000) },
    budget: { take: async () => () => undefined, observe: () => undefined },
  })
  const call = (host: string, plain: boolean) =>
    rejection(allowed.call({ protocol: 'SMTP', host, port: 25, plain }, async () => undefined))
  expect(String(await call('mail.example.com', true))).toContain('without encryption')
  expect(String(await call('evil.example.com', false))).toContain('not one of the connection')
})

const file = (name: string) => fileURLToPath(new URL(`../../connect/certificates/${name}`, import.meta.url))
const SIGN_IN = fileURLToPath(new URL('../support/sign-in-by-mail.ts', import.meta.url))

test('encryption is by a certificate of the very name, from the start or by STARTTLS', async () => {
  const of = (certificate: string) => ({ key: readFileSync(file('server.key')), cert: readFileSync(file(certificate)) })
  const good = await server({ login: LOGIN, tls: of('good.pem') })
  const fromTheStart = await server({ login: LOGIN, tls: of('good.pem'), secure: true })
  const selfSigned = await server({ login: LOGIN, tls: of('self-signed.pem') })
  const bare = await server({ login: LOGIN })
  const tries = [
    ['good.example', good.port, 'starttls', LOGIN.password],
    ['good.example', fromTheStart.port, 'tls', LOGIN.password],
    ['good.example', good.port, 'starttls', 'another-word-than-that'],
    ['other.example', good.port, 'starttls', LOGIN.password],
    ['good.example', selfSigned.port, 'starttls', LOGIN.password],
    ['good.example', bare.port, 'starttls', LOGIN.password],
  ]
  const { stdout } = await promisify(execFile)(process.execPath, [SIGN_IN, JSON.stringify(tries)], {
    // The test authority is trusted as any other would be: by Node, for the whole process.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: file('authority.pem'), NODE_NO_WARNINGS: '1' },
  })
  const findings = JSON.parse(stdout) as { readonly ok: boolean; readonly detail: string }[]
  expect(
    findings.map(({ ok }) => ok),
    stdout,
  ).toEqual([true, true, false, false, false, false])
  expect(findings[2]?.detail).toContain('refused the user or the password')
  expect(findings[3]?.detail).toContain('encryption that can be trusted')
  expect(findings[5]?.detail).toContain('offers no encryption')
  expect(stdout).not.toContain('another-word')
  expect([selfSigned.tried, bare.tried]).toEqual([[], []])
})
