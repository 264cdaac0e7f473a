import type { FastifyInstance } from 'fastify'
import { controlPage } from './control-page.ts'
import type { MailMishap, MailServer } from './mail-server.ts'
import { readMail } from './read-mail.ts'

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/
const LOCAL_NAMES = ['127.0.0.1', 'localhost', '[::1]']
const REFUSING: readonly unknown[] = ['auth', 'mail', 'rcpt', 'content']
const BREAKING: readonly unknown[] = ['cut', 'cut-after', 'garbage', 'silence']

/** The control page and its API: this machine only, and not from other sites' pages. */
export function controlRoutes(app: FastifyInstance, mail: MailServer): void {
  app.addHook('onRequest', async (request, reply) => {
    const { host = '', origin } = request.headers
    const local = LOOPBACK.test(request.ip) && LOCAL_NAMES.includes(host.replace(/:\d+$/, ''))
    if (local && (origin === undefined || origin === `http://${host}`)) return
    return reply.code(403).type('text/plain; charset=utf-8').send('The control page answers this machine only.')
  })

  app.get('/control', async (_request, reply) => reply.type('text/html; charset=utf-8').send(controlPage(mail)))
  app.get('/control/state', async () => ({ mails: mail.received.length }))
  app.get('/control/mails', async () => ({
    items: mail.received.map(({ at, from, to, raw }) => {
      const { headers, text } = readMail(raw)
      return { ...{ at, from, to, text }, subject: headers.subject ?? '', messageId: headers['message-id'] ?? '' }
    }),
  }))
  app.delete('/control/mails', async () => {
    mail.received.length = 0
    return { mails: 0 }
  })
  app.post('/control/faults', async ({ body }, reply) => {
    const mishap = mishapOf(body)
    if (!mishap) {
      const refusing = `{"at": one of ${REFUSING.join(', ')}, "code": 421, "text": "Later"}`
      return reply.code(400).send({ error: `Send ${refusing}, or {"at": one of ${BREAKING.join(', ')}}.` })
    }
    mail.arm(mishap)
    return { armed: mishap }
  })
  app.delete('/control/faults', async () => {
    mail.calm()
    return { armed: null }
  })
}

function mishapOf(body: unknown): MailMishap | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { at, code, text } = body as { readonly [field: string]: unknown } // an object, as was just seen
  const numbered = typeof code === 'number' && code >= 400 && code < 600 && typeof text === 'string'
  if (REFUSING.includes(at) && numbered && !/[\r\n]/.test(text)) return { at, code, text } as MailMishap
  return BREAKING.includes(at) ? ({ at } as MailMishap) : undefined
}
