import { password } from '../../../connectors/email/connection.ts'
import { email } from '../../../connectors/email/index.ts'
import { createWire } from '../../../server/connect/wire.ts'
import { openConnection } from './open.ts'

// In a process of its own: which authorities are trusted is settled at its start.
const tries = JSON.parse(process.argv[2]!) as [host: string, port: number, security: string, word: string][]
const findings = []
for (const [host, port, security, word] of tries) {
  const connection = { host, port, security, from: 'books@tieline.example' }
  const secrets = { user: 'tieline', password: word }
  const opened = openConnection({ connector: email, login: password, connection, secrets })
  const hosts = email.hosts(connection)
  const wire = createWire({
    ...{ hosts, allow: new Set(hosts), secrets, signal: AbortSignal.timeout(60_000) },
    budget: { take: async () => () => undefined, observe: () => undefined },
    lookup: async () => ['127.0.0.1'],
  })
  findings.push((await email.test({ ...opened.context({}), wire }))[0])
  await opened.close()
}
process.stdout.write(JSON.stringify(findings))
