import { expect, test } from 'vitest'
import { none } from '../../../connectors/email/connection.ts'
import { email } from '../../../connectors/email/index.ts'
import { startMailSandbox } from '../../../connectors/email/sandbox/server.ts'
import type { Context } from '../../../connectors/kit/connector.ts'
import { operationOf, settingsOf } from '../support/accounts.ts'
import { openConnection } from '../support/open.ts'
import { rejection } from '../support/remote.ts'

const NOTIFY = operationOf(email, 'notify', 'write')

test('the mail sandbox keeps what it takes, shows texts as texts, and refuses when it is told to', async () => {
  const sandbox = await startMailSandbox()
  const connection = {
    ...{ host: sandbox.smtpHost, port: sandbox.smtpPort, security: 'none' },
    ...{ from: 'tieline@shop.example', fromName: 'Tieline' },
  }
  const opened = openConnection({ connector: email, connection, secrets: {}, login: none })
  const settings = settingsOf(NOTIFY)
  const send = (key: string, text: string) => {
    const value = NOTIFY.prepare(settings as never, { key, to: 'ada@example.com', subject: `Ä ${key}`, text })
    const context = opened.context(settings) as Context<never>
    return NOTIFY.write(context, [{ key: NOTIFY.key(settings as never, value), value }], { id: key })
  }
  const control = (path: string, init?: RequestInit) => fetch(`${sandbox.url}/control${path}`, init)
  const arm = (body: unknown) =>
    control('/faults', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  try {
    expect(await email.test(opened.context({}) as Context)).toMatchObject([{ ok: true }])
    await send('one', '<b>Überfällig</b>')
    await send('two', 'second')
    const { items } = (await (await control('/mails')).json()) as { items: unknown[] }
    expect(items).toMatchObject([
      { from: 'tieline@shop.example', to: ['ada@example.com'], subject: 'Ä one', text: '<b>Überfällig</b>' },
      { subject: 'Ä two', text: 'second' },
    ])
    const page = await (await control('')).text()
    expect(page).toContain('&#60;b&#62;Überfällig&#60;/b&#62;')
    expect(page).not.toContain('<b>')
    expect(page.indexOf('Ä two')).toBeLessThan(page.indexOf('Ä one'))

    expect((await arm({ at: 'content', code: 554, text: '5.7.1 no\r\n250 yes' })).status).toBe(400)
    await arm({ at: 'content', code: 451, text: '4.3.2 Try again later' })
    expect(await rejection(send('three', 'third'))).toMatchObject({ code: 'RATE_LIMITED' })
    expect((await control('/state', { headers: { origin: 'https://evil.example' } })).status).toBe(403)
    await control('/mails', { method: 'DELETE' })
    expect(await (await control('/state')).json()).toEqual({ mails: 0 })
  } finally {
    await opened.close()
    await sandbox.close()
  }
})
