import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { controlRoutes } from './control-routes.ts'
import { type MailServer, startMail } from './mail-server.ts'

export type MailSandboxOptions = {
  /** Of the control page; 0, the default, takes a free one. */
  readonly port?: number
  /** Of the mail server itself. */
  readonly smtpPort?: number
}

/** A running sandbox: where mail is handed over, and where people read it. */
export type MailSandbox = Omit<MailServer, 'port'> & {
  /** Of the control page. */
  readonly url: string
  readonly smtpHost: string
  readonly smtpPort: number
}

/**
 * Starts a mail server that takes everything without a password, delivers nothing and shows what it has. It answers
 * this machine only.
 */
export async function startMailSandbox({ port = 0, smtpPort = 0 }: MailSandboxOptions = {}): Promise<MailSandbox> {
  const server = await startMail({ port: smtpPort })
  const app = Fastify({ forceCloseConnections: true })
  controlRoutes(app, server)
  try {
    await app.listen({ port, host: '127.0.0.1' })
  } catch (error) {
    await server.close()
    throw error
  }
  const { port: smtp, ...kept } = server
  // A server listening on TCP has an address with a port.
  const at = app.server.address() as AddressInfo
  return {
    ...kept,
    ...{ url: `http://127.0.0.1:${at.port}`, smtpHost: '127.0.0.1', smtpPort: smtp },
    close: async () => {
      await Promise.all([app.close(), server.close()])
    },
  }
}
